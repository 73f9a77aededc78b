import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("What OpenSSL's codes mean")
struct ExplainingTests {
    private static func ssl(_ reason: Int32) -> UInt { UInt(ERR_LIB_SSL) << 23 | UInt(reason) }
    private static func alert(_ number: Int32) -> UInt { ssl(SSL_AD_REASON_OFFSET + number) }

    private func explain(
        _ codes: [UInt],
        sslError: Int32 = SSL_ERROR_SSL,
        role: TLSRole = .client,
        phase: TLSError.Phase = .handshake
    ) -> TLSError {
        .explaining(
            OpenSSLFailure(sslError: sslError, codes: codes),
            ssl: nil,
            role: role,
            phase: phase,
            peerAddress: "db1:5555"
        )
    }

    @Test(
        "An alert names its cause, for both roles",
        arguments: [
            (10, .alertReceived(10), "unexpected_message"), (20, .alertReceived(20), "alters data"),
            (22, .alertReceived(22), "alters data"),
            (40, .alertReceived(40), "found no common ground"),
            (42, .certificateRejectedByPeer(alert: 42), "it is bad"),
            (43, .certificateRejectedByPeer(alert: 43), "another purpose"),
            (44, .certificateRejectedByPeer(alert: 44), "revoked"),
            (45, .certificateRejectedByPeer(alert: 45), "it has expired"),
            (46, .certificateRejectedByPeer(alert: 46), "rejected"),
            (47, .alertReceived(47), "illegal parameter"),
            (48, .certificateRejectedByPeer(alert: 48), "does not know the authority"),
            (49, .certificateRejectedByPeer(alert: 49), "not allowed in"),
            (50, .alertReceived(50), "connection end in the middle"),
            (51, .alertReceived(51), "decrypt error"), (70, .versionMismatch, "does not speak our versions"),
            (80, .alertReceived(80), "fault is the"), (86, .versionMismatch, "versions"),
            (90, .alertReceived(90), "told to stop"),
            (112, .serverNameUnknown, "does not know the name"),
            (116, .certificateRejectedByPeer(alert: 116), "requires a client certificate"),
            (120, .alpnMismatch, "application protocols"), (255, .alertReceived(255), "alert 255"),
        ] as [(UInt8, TLSError.Cause, String)]
    )
    func alert(_ number: UInt8, _ cause: TLSError.Cause, _ words: String) {
        for role in [TLSRole.client, .server] {
            let error = explain([Self.alert(Int32(number))], role: role)
            #expect(error.alertReceived == TLSAlert(rawValue: number))
            #expect(error.alertSent == nil)
            #expect(error.cause == cause)
            if number != 10 { #expect("\(error)".contains(words), "\(error)") }
            #expect(!error.hint.isEmpty)
        }
    }

    @Test(
        "A client without a certificate is told that one is required, whichever alert says so",
        arguments: [42, 46, 48, 116]
    )
    func withoutCertificate(alert: UInt8) throws {
        let authority = try TestAuthority()
        let identity = try authority.issue(.server())
        let trusting = TLSConfiguration(trustRoots: .pem(authority.certificate.pem))
        let asking = TLSConfiguration(
            certificate: .identity(identity),
            privateKey: .identity(identity),
            trustRoots: .pem(authority.certificate.pem),
            clientCertificates: .optional
        )
        let client = try MemoryParty(trusting.context(for: .client), host: "localhost")
        let server = try MemoryParty(asking.context(for: .server), host: nil)
        while client.step() || server.step() {
            server.receive(client.takeOutput())
            client.receive(server.takeOutput())
        }
        _ = try client.outcome.get()
        let error = TLSError.explaining(
            OpenSSLFailure(sslError: SSL_ERROR_SSL, codes: [Self.alert(Int32(alert))]),
            ssl: client.ssl,
            role: .client,
            phase: .established,
            peerAddress: nil
        )
        #expect(error.cause == .certificateRejectedByPeer(alert: TLSAlert(rawValue: alert)))
        #expect(error.message.contains("the server requires a client certificate"), "\(error)")
    }

    @Test(
        "A reason names its cause, by phase",
        arguments: [
            (SSL_R_HTTP_REQUEST, .handshake, .peerIsNotTLS(.http)),
            (SSL_R_HTTPS_PROXY_REQUEST, .handshake, .peerIsNotTLS(.http)),
            (SSL_R_WRONG_VERSION_NUMBER, .handshake, .peerIsNotTLS(.unknown)),
            (SSL_R_WRONG_VERSION_NUMBER, .established, .corruptedRecord),
            (SSL_R_UNSUPPORTED_PROTOCOL, .handshake, .versionMismatch),
            (SSL_R_NO_SHARED_CIPHER, .handshake, .noSharedCipher),
            (SSL_R_NO_SUITABLE_KEY_SHARE, .handshake, .noSharedGroup),
            (SSL_R_NO_APPLICATION_PROTOCOL, .handshake, .alpnMismatch),
            (SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, .handshake, .noSharedSignatureAlgorithm),
            (SSL_R_UNEXPECTED_EOF_WHILE_READING, .handshake, .closedDuringHandshake),
            (SSL_R_UNEXPECTED_EOF_WHILE_READING, .established, .truncated),
            (SSL_R_UNEXPECTED_EOF_WHILE_READING, .closing, .truncated),
            (SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, .established, .corruptedRecord),
            (SSL_R_PACKET_LENGTH_TOO_LONG, .established, .protocolViolation),
            (SSL_R_DATA_LENGTH_TOO_LONG, .established, .protocolViolation),
            (SSL_R_EXCESSIVE_MESSAGE_SIZE, .handshake, .handshakeTooLarge),
            (SSL_R_NO_RENEGOTIATION, .established, .renegotiationRefused),
            (SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, .handshake, .clientCertificateRequired),
            (SSL_R_CERTIFICATE_VERIFY_FAILED, .handshake, .certificateRejected),
            (SSL_R_BAD_SIGNATURE, .handshake, .handshakeFailed),
            (SSL_R_UNEXPECTED_MESSAGE, .established, .protocolViolation),
            (SSL_R_CALLBACK_FAILED, .handshake, .handshakeFailed),
        ] as [(Int32, TLSError.Phase, TLSError.Cause)]
    )
    func reason(_ reason: Int32, _ phase: TLSError.Phase, _ cause: TLSError.Cause) {
        // As 3.0 puts it, and as 3.5 does, with a general reason of its record layer after it; and below other libraries'.
        let recordLayerFailure = Self.ssl(0x139)
        let cipherFailed: UInt = 0x1C80_0066
        for codes in [
            [Self.ssl(reason)], [Self.ssl(reason), recordLayerFailure],
            [cipherFailed, Self.ssl(reason), recordLayerFailure],
        ] {
            let error = explain(codes, phase: phase)
            #expect(error.cause == cause)
            #expect(!error.message.isEmpty && !error.message.contains("\n"))
            #expect(error.openSSLErrors.map(\.code) == codes)
        }
    }

    @Test("An empty queue is explained by what SSL_get_error said")
    func emptyQueue() {
        #expect(explain([], sslError: SSL_ERROR_SYSCALL).cause == .closedDuringHandshake)
        #expect(explain([], sslError: SSL_ERROR_SYSCALL, phase: .established).cause == .truncated)
        let error = explain([], sslError: SSL_ERROR_SSL)
        #expect(error.cause == .handshakeFailed)
        #expect(error.message.contains("without a reason"))
    }

    @Test("Codes of no library and no reason are printed all the same")
    func unknownCodes() {
        for code: UInt in [1, 0x7FFF_FFFF, .max, UInt(ERR_LIB_SSL) << 23] {
            let error = explain([code])
            #expect(error.cause == .handshakeFailed)
            #expect(!"\(error)".isEmpty)
        }
    }

    @Test("An error prints as one paragraph: role, peer, phase, message, hint and OpenSSL's words")
    func description() {
        let error = TLSError(
            .certificateExpired,
            phase: .handshake,
            role: .client,
            peerAddress: "db1:5555\n",
            message: "it has expired",
            hint: "Renew it.",
            details: TLSError.Details(
                verification: TLSError.Verification(code: 10, depth: 0),
                alertSent: 45,
                openSSLErrors: [TLSError.OpenSSLError(code: Self.ssl(SSL_R_CERTIFICATE_VERIFY_FAILED))]
            )
        )
        #expect(
            "\(error)"
                == "TLS handshake as client with db1:5555\\n: it has expired. Renew it. [sent alert 45, certificate expired] "
                + "[OpenSSL: error:0A000086:SSL routines::certificate verify failed; "
                + "verify error 10 at depth 0: certificate has expired]"
        )
        #expect("\(TLSError(.closed, phase: .closing, message: "it is closed"))" == "TLS close: it is closed.")
    }
}
