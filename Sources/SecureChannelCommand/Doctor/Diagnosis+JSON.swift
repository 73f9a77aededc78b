internal import Foundation
internal import SecureChannel

extension Diagnosis {
    /// One object; what is not known is null.
    var json: Value { .map(Value.Map((connection + certificates + agreement).map { (.string($0), $1) })) }

    private var connection: [(String, Value)] {
        let faults: [Value] = self.faults.map { fault in
            ["code": .string(fault.code), "what": .string(fault.what), "mend": .string(fault.mend)]
        }
        return [
            ("address", .string(address)),
            ("works", .bool(works)),
            ("faults", .array(faults)),
            ("reachable", Self.value(isReachable)),
            ("peer", Self.value(peer)),
            ("speaksTLS", Self.value(speaksTLS)),
        ]
    }

    private var certificates: [(String, Value)] {
        let details = inspection?.details
        let verified = isInspectionVerified ? details?.verifiedChain : nil
        return [
            ("chainAsSent", Self.value(details?.sentChain)),
            ("chainAsVerified", Self.value(verified)),
            ("chainFault", Self.value(details?.fault?.text)),
            ("expectedName", Self.value(details?.expectedName)),
            ("nameMatches", Self.value(details?.isForExpectedName)),
            ("clientCertificate", Self.value(clientCertificate?.rawValue)),
            ("clientAuthorities", details.map { .array($0.requestedAuthorities.map { .string($0) }) } ?? .null),
        ]
    }

    private var agreement: [(String, Value)] {
        let information = inspection?.information
        return [
            ("version", Self.value(information?.version)),
            ("cipher", Self.value(information?.cipher)),
            ("group", Self.value(information?.group)),
            ("alpn", Self.value(information?.applicationProtocol)),
            ("ticketOffered", Self.value(inspection?.details.hasTicket)),
            ("ticketTaken", Self.value(isResumed)),
            ("revocationLists", isInspectionVerified ? .array(revocation.lists.map { .string($0) }) : .null),
            ("strict", Self.value(isStrict)),
            ("strictFault", Self.value(strictFault)),
            ("ocspResponse", revocation.stapling == .ignored ? .null : Self.value(inspection?.details.hasOCSPResponse)),
        ]
    }

    private static func value(_ fact: Bool?) -> Value { fact.map { .bool($0) } ?? .null }

    private static func value(_ chain: [TLSPeerCertificate]?) -> Value {
        chain.map { .array($0.map { Self.value($0) }) } ?? .null
    }

    private static func value(_ text: String?) -> Value { text.map { .string($0) } ?? .null }

    private static func value(_ certificate: TLSPeerCertificate) -> Value {
        [
            "subject": .string(certificate.subject),
            "issuer": .string(certificate.issuer),
            "names": .array(certificate.subjectAlternativeNames.map { .string("\($0)") }),
            "serialNumber": .string(certificate.serialNumber),
            "notBefore": .string(certificate.notBefore.formatted(.iso8601)),
            "notAfter": .string(certificate.notAfter.formatted(.iso8601)),
            "sha256": .string(certificate.sha256Fingerprint.map { String(format: "%02x", $0) }.joined()),
        ]
    }
}
