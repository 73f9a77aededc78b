internal import COpenSSL

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// An OCSP response, decoded: what an authority says about certificates of its own (RFC 6960, section 4.2).
final class OCSPAnswer {
    private let pointer: OpaquePointer

    /// - Parameter bytes: one response in DER, and nothing after it.
    init(der bytes: UnsafeRawBufferPointer) throws(OCSPFault) {
        var next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let end = next.map({ $0 + bytes.count }), let response = d2i_OCSP_RESPONSE(nil, &next, bytes.count) else {
            throw .unreadable
        }
        defer { OCSP_RESPONSE_free(response) }
        guard next == end else { throw .unreadable }
        let status = OCSP_response_status(response)
        guard status == OCSP_RESPONSE_STATUS_SUCCESSFUL else {
            throw .refused(OCSP_response_status_str(Int(status)).map { String(cString: $0) } ?? "\(status)")
        }
        guard let basic = OCSP_response_get1_basic(response) else { throw .unreadable }
        self.pointer = basic
    }

    deinit { OCSP_BASICRESP_free(self.pointer) }

    /// Checks that it says, in date and signed, that a certificate is good.
    ///
    /// - Parameters:
    ///   - certificate: An X509*.
    ///   - issuer: The X509* that signed the certificate.
    /// - Returns: until when that counts.
    func checkGood(_ certificate: OpaquePointer, issuer: OpaquePointer) throws(OCSPFault) -> Date {
        guard COpenSSL_OCSP_isSignedFor(self.pointer, issuer) == 1 else { throw .badSignature }
        let entry = try self.entry(of: certificate, issuer)
        let end = try Self.checkDates(entry)
        switch entry.status {
        case V_OCSP_CERTSTATUS_GOOD: return end
        case V_OCSP_CERTSTATUS_REVOKED:
            let reason = entry.reason >= 0 ? OCSP_crl_reason_str(Int(entry.reason)).map { String(cString: $0) } : nil
            throw .revoked(since: Self.text(entry.revokedAt), reason: reason)
        default: throw .certificateUnknown
        }
    }

    /// What it says about one certificate; the times belong to the response.
    private struct Entry {
        var status: Int32
        var reason: Int32 = -1
        var revokedAt: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var thisUpdate: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
        var nextUpdate: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
    }

    private func entry(of certificate: OpaquePointer, _ issuer: OpaquePointer) throws(OCSPFault) -> Entry {
        // Certificates are named by digests of their issuer; which ones is the responder's choice (RFC 5019 says SHA-1).
        for digest in [EVP_sha1(), EVP_sha256()] {
            guard let name = OCSP_cert_to_id(digest, certificate, issuer) else { continue }
            defer { OCSP_CERTID_free(name) }
            var entry = Entry(status: -1)
            let isFound = OCSP_resp_find_status(
                self.pointer,
                name,
                &entry.status,
                &entry.reason,
                &entry.revokedAt,
                &entry.thisUpdate,
                &entry.nextUpdate
            )
            if isFound == 1 { return entry }
        }
        throw .forAnotherCertificate
    }

    private static func checkDates(_ entry: Entry) throws(OCSPFault) -> Date {
        guard let begin = entry.thisUpdate else { throw .unreadable }
        let now = Date()
        let from = X509Text.date(begin)
        // One that does not say when the next is due counts for a day.
        let end = entry.nextUpdate.map { X509Text.date($0) } ?? from.addingTimeInterval(86_400)
        if from > now.addingTimeInterval(Self.skew) { throw .notYetValid(from: X509Text.text(from)) }
        if end < now.addingTimeInterval(-Self.skew) { throw .outOfDate(since: X509Text.text(end)) }
        return end
    }

    private static func text(_ time: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?) -> String {
        time.map { X509Text.text(X509Text.date($0)) } ?? "an unknown date"
    }

    /// By how many seconds clocks may differ.
    private static let skew = 300.0
}
