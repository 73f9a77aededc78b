internal import COpenSSL

// What else goes wrong before and after a handshake's end, as OpenSSL on our side finds it.

extension FailedSession {
    var missingClientCertificate: Explanation {
        let named = self.namedAuthorities
        let authorities = named.isEmpty ? "" : "; it was asked for one of \(named.joined(separator: ", "))"
        return Explanation(
            .clientCertificateRequired,
            "the client shows no certificate, and one is required\(authorities)",
            "Give the client certificate and privateKey, or set clientCertificates to .optional here."
        )
    }

    /// What OpenSSL calls a lack of shared ciphers or versions can be this.
    private var missingCertificate: Explanation? {
        guard self.role == .server, self.ownCertificate == nil else { return nil }
        return Explanation(
            .certificateMissing,
            "the server has no certificate that it could use",
            "Give certificate and privateKey."
        )
    }

    var noSharedCipher: Explanation {
        if let explanation = self.missingCertificate { return explanation }
        let key = self.ownKeyKind.map { ", and our certificate has a key of the kind \($0)" } ?? ""
        return Explanation(
            .noSharedCipher,
            "no cipher suite is known to both sides: ours are \(Self.list(self.ownCiphers))\(key)"
                + self.offer(self.peerCiphers),
            "Bring the older side up to date. TLS 1.2 needs ECDHE with AES-GCM or ChaCha20, and a certificate of a kind "
                + "(RSA or EC) that the suite goes with."
        )
    }

    var noSharedGroup: Explanation {
        Explanation(
            .noSharedGroup,
            "no key exchange group is known to both sides: ours are \(Self.list(self.notes?.groups ?? []))"
                + self.offer(self.peerGroups),
            "Let the \(self.peer) offer one of ours."
        )
    }

    var noSharedSignatureAlgorithm: Explanation {
        if let explanation = self.missingCertificate { return explanation }
        return Explanation(
            .noSharedSignatureAlgorithm,
            "the two sides have no signature algorithm in common that suits the certificate"
                + (self.ownSubject.map { " '\($0)'" } ?? "")
                + (self.ownKeyKind.map { ", whose key is of the kind \($0)" } ?? "")
                + (self.ownSignature.map { ", and which its authority has signed with \($0)" } ?? "")
                + self.offer(self.peerSignatureAlgorithms),
            "Use a certificate with a key that the \(self.peer) takes, of an authority with such a key, too: EC P-256 is taken "
                + "by nearly everybody."
        )
    }

    var versionMismatch: Explanation {
        if let explanation = self.missingCertificate { return explanation }  // TLS 1.3 is not even tried without one
        return Explanation(
            .versionMismatch,
            "no version of TLS is spoken by both sides: we speak \(self.ownVersions), the \(self.peer) \(self.peerVersions)",
            "Bring the older side up to date, or lower minimumVersion to .tls12."
        )
    }

    var noSharedApplicationProtocol: Explanation {
        let ours = self.notes?.applicationProtocolNames.map { "'\(EscapedText($0, limit: 64))'" } ?? []
        return Explanation(
            .alpnMismatch,
            "the \(self.peer) offers none of our application protocols (\(Self.list(ours)))"
                + (self.peerApplicationProtocols.isEmpty ? "" : ", but \(Self.list(self.peerApplicationProtocols))"),
            "Is the \(self.peer) meant for another service? Otherwise give both sides the same applicationProtocols."
        )
    }

    /// A callback of ours has said no; only the alert tells which.
    var helloRefused: Explanation {
        guard self.alertSent == .unrecognisedName else {
            return Explanation(.handshakeFailed, "the \(self.peer)'s hello was refused", "Check what it asks for.")
        }
        return Explanation(
            .serverNameUnknown,
            "the client asks for a name that is not served here"
                + (self.askedName.map { " ('\(EscapedText($0))')" } ?? "") + self.servedNames,
            "Have the client dial a name that is, or serve this one, too."
        )
    }

    private var servedNames: String {
        let names = self.ssl.flatMap { SSL_get_SSL_CTX($0) }.flatMap { IdentityChoice.of($0) }?.names ?? []
        return names.isEmpty ? "" : ", but \(Self.list(names.map { "'\(EscapedText($0))'" }))"
    }

    var peerSpeaksHTTP: Explanation {
        Explanation(
            .peerIsNotTLS(.http),
            "the \(self.peer) does not speak TLS but HTTP",
            self.role == .client
                ? "Check the port, and that the server there has TLS turned on."
                : "Check that it dials the right port, and with https if it is meant to."
        )
    }

    var peerIsNotTLS: Explanation {
        Explanation(
            .peerIsNotTLS(.unknown),
            "the \(self.peer) does not speak TLS: its first bytes are no TLS record",
            self.role == .client
                ? "Check the port, and that the server there has TLS turned on."
                : "Check that the client has TLS turned on (tls://, not tcp://) and dials the right port."
        )
    }

    var corruptedRecord: Explanation {
        Explanation(
            .corruptedRecord,
            "a record from the \(self.peer) is not what it sent: its authentication code is wrong",
            "Something on the way alters data: look for a proxy, a middlebox or broken hardware."
        )
    }

    var oversizedRecord: Explanation {
        let recordHeaderLength = 5
        return Explanation(
            self.isHandshake && self.heardByteCount <= recordHeaderLength
                ? .peerIsNotTLS(.unknown) : .protocolViolation,
            "the \(self.peer) announces a record that is longer than TLS allows",
            "Check that it speaks TLS on this port, and nothing on the way alters data."
        )
    }

    var handshakeTooLarge: Explanation {
        Explanation(
            .handshakeTooLarge,
            "the \(self.peer) sends a handshake message that is larger than we take",
            "Its certificate chain may have \(TLSContext.maximumChainBytes / 1024) KiB and "
                + "\(self.maximumChainDepth) intermediate certificates: send no root, and no others' certificates."
        )
    }

    var renegotiation: Explanation {
        Explanation(
            .renegotiationRefused,
            "the \(self.peer) refuses to negotiate anew",
            "Do not ask for it, or use TLS 1.3, which has none."
        )
    }

    var endOfStream: Explanation {
        guard self.isHandshake else {
            return Explanation(
                .truncated,
                "the \(self.peer) ended the stream without TLS's end (close_notify): bytes may be missing",
                "Look at its log: it may have crashed, or refused our certificate without saying so."
            )
        }
        if self.heardByteCount == 0 {
            return Explanation(
                .closedDuringHandshake,
                "the \(self.peer) closed the connection before it said anything in TLS",
                "Often it is the wrong port, a service without TLS, a health check, or a server that is shutting down."
            )
        }
        return Explanation(
            .closedDuringHandshake,
            "the \(self.peer) closed the connection in the middle of the handshake",
            "Look at its log: often it does not like our certificate, or has no time left."
        )
    }

    private func offer(_ names: [String]) -> String {
        names.isEmpty ? "" : "; the \(self.peer) offers \(Self.list(names))"
    }

    static func list(_ names: [String]) -> String {
        names.prefix(12).joined(separator: ", ") + (names.count > 12 ? " and \(names.count - 12) more" : "")
    }
}
