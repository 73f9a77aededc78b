internal import COpenSSL

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension ResumptionTerms {
    /// Of a full handshake that is over: what was verified in it, now.
    static func ofFullHandshake(_ ssl: OpaquePointer, now: Int64) -> ResumptionTerms {
        var expiry = Int64.max
        for certificate in VerifiedChain(of: ssl).pointers {
            expiry = min(expiry, seconds(X509Text.date(X509_get0_notAfter(certificate))))
        }
        return ResumptionTerms(authenticatedAt: now, certificatesExpireAt: expiry)
    }

    static var now: Int64 { self.seconds(Date()) }

    private static func seconds(_ date: Date) -> Int64 {
        Int64(max(-9e15, min(date.timeIntervalSince1970.rounded(.down), 9e15)))
    }
}
