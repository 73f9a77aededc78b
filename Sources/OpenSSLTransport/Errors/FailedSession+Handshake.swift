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

    var noSharedCipher: Explanation {
        if self.role == .server, self.ownSubject == nil {
            return Explanation(
                .certificateMissing,
                "the server has no certificate that it could use",
                "Give certificate and privateKey."
            )
        }
        // In TLS 1.3 OpenSSL gives up before it has noted the client's.
        let theirs = self.peerCiphers.isEmpty ? "" : "; the \(self.peer) offers \(Self.list(self.peerCiphers))"
        return Explanation(
            .noSharedCipher,
            "no cipher suite is known to both sides: ours are \(Self.list(self.ownCiphers))\(theirs)",
            "Bring the older side up to date. TLS 1.2 needs ECDHE with AES-GCM or ChaCha20, and a certificate of a kind "
                + "(RSA or EC) that the suite goes with."
        )
    }

    var noSharedGroup: Explanation {
        Explanation(
            .noSharedGroup,
            "no key exchange group is known to both sides: ours are X25519, P-256 and P-384",
            "Let the \(self.peer) offer one of them."
        )
    }

    var noSharedSignatureAlgorithm: Explanation {
        Explanation(
            .noSharedSignatureAlgorithm,
            "the two sides have no signature algorithm in common that suits the certificate"
                + (self.ownSubject.map { " '\($0)'" } ?? ""),
            "Use an EC P-256 certificate, which everybody takes."
        )
    }

    var versionMismatch: Explanation {
        Explanation(
            .versionMismatch,
            "no version of TLS is spoken by both sides: we speak \(self.ownVersions), the \(self.peer) does not",
            "Bring the older side up to date, or lower minimumVersion to .tls12."
        )
    }

    var noSharedApplicationProtocol: Explanation {
        let ours = self.notes?.applicationProtocolNames.map { "'\(EscapedText($0, limit: 64))'" } ?? []
        return Explanation(
            .alpnMismatch,
            "the \(self.peer) offers none of our application protocols (\(Self.list(ours)))",
            "Is the \(self.peer) meant for another service? Otherwise give both sides the same applicationProtocols."
        )
    }

    var peerSpeaksHTTP: Explanation {
        Explanation(
            .peerIsNotTLS,
            "the \(self.peer) does not speak TLS but HTTP",
            "Check that it dials the right port, and with https if it is meant to."
        )
    }

    var peerIsNotTLS: Explanation {
        Explanation(
            .peerIsNotTLS,
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
        Explanation(
            self.isHandshake && self.hasHeardNothing ? .peerIsNotTLS : .protocolViolation,
            "the \(self.peer) announces a record that is longer than TLS allows",
            "Check that it speaks TLS on this port, and nothing on the way alters data."
        )
    }

    var handshakeTooLarge: Explanation {
        Explanation(
            .handshakeTooLarge,
            "the \(self.peer) sends a handshake message that is larger than we take",
            "Its certificate chain may have \(TLSContext.maximumChainBytes / 1024) KiB and "
                + "\(TLSContext.maximumIntermediates) intermediate certificates: send no root, and no others' certificates."
        )
    }

    var renegotiation: Explanation {
        Explanation(
            .protocolViolation,
            "the \(self.peer) asks to negotiate anew, which is refused",
            "Turn renegotiation off there, or use TLS 1.3, which has none."
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
        if self.hasHeardNothing {
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

    private static func list(_ names: [String]) -> String {
        names.prefix(12).joined(separator: ", ") + (names.count > 12 ? " and \(names.count - 12) more" : "")
    }
}
