import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: what a revocation list, or a program's own check, says of a certificate", .tags(.catalogue))
struct RevocationRows {
    let pki: CataloguePKI
    private static let whose = "the server's certificate 'CN=faulty' (issued by 'CN=authority', serial 0A)"

    init() throws { self.pki = try CataloguePKI() }

    @Test("11. The program's own check refuses a certificate that verifies, on either side")
    func refusedByProgram() throws {
        let refuse: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { store, _ in
            guard X509_verify_cert(store) == 1 else { return 0 }
            X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
            return 0
        }
        let server = try pki.handshake(serverShows: pki.issue(CataloguePKI.request(.server))) { client in
            SSL_CTX_set_cert_verify_callback(client.pointer, refuse, nil)
        }
        try expect(
            server.client.error,
            as: .client,
            Expectation(
                .refusedByProgram,
                "\(Self.whose) verifies, but the program's own check refuses it",
                hint: "Ask whoever runs this program",
                alertSent: 40,
                code: "0A000086",
                verification: .init(code: 50, depth: 0),
                subject: "CN=faulty"
            )
        )
        try expect(server.server.error, as: .server, Self.refused(by: "client", .handshake))

        let client = try pki.handshake(clientShows: pki.issue(CataloguePKI.request(.client))) { server in
            SSL_CTX_set_cert_verify_callback(server.pointer, refuse, nil)
        }
        #expect(client.server.error?.cause == .refusedByProgram)
        try expect(client.client.error, as: .client, Self.refused(by: "server", .established))
    }

    private static func refused(by peer: String, _ phase: TLSError.Phase) -> Expectation {
        Expectation(
            .certificateRejectedByPeer(alert: 40),
            phase: phase,
            "the \(peer) rejected our certificate 'CN=faulty': its own check refused it, or it has no algorithm for it "
                + "(alert 40, handshake failure)",
            hint: "The \(peer)'s log says more.",
            alertReceived: 40,
            code: "0A000410",
            subject: "CN=faulty"
        )
    }

    @Test("28. There is no revocation list, or an old one; or the certificate is on it")
    func revocation() throws {
        func handshake(_ list: RevocationList?) throws -> MemoryHandshake {
            try pki.handshake(serverShows: pki.issue(CataloguePKI.request(.server))) { client in
                X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(client.pointer), UInt(X509_V_FLAG_CRL_CHECK))
                guard let list else { return }
                try #require(X509_STORE_add_crl(SSL_CTX_get_cert_store(client.pointer), list.pointer) == 1)
            }
        }
        #expect(try handshake(RevocationList(by: pki.issuer)).client.error == nil)
        let missing = try handshake(nil)
        try expect(
            missing.client.error,
            as: .client,
            Expectation(
                .revocationUnknown,
                "whether \(Self.whose) is revoked cannot be told: there is no revocation list of its issuer's",
                hint: "Bring the issuer's revocation list up to date",
                alertSent: 46,
                code: "0A000086",
                verification: .init(code: 3, depth: 0),
                subject: "CN=faulty"
            )
        )
        // Not 48 and 45, as OpenSSL would have it: the certificate's authority is known, and it has not expired.
        #expect(missing.server.error?.cause == .certificateRejectedByPeer(alert: 46))
        #expect(missing.server.error?.message.contains("perhaps it cannot tell whether it is revoked") == true)
        let old = try handshake(RevocationList(by: pki.issuer, endsIn: -3_600))
        try expect(
            old.client.error,
            as: .client,
            Expectation(
                .revocationUnknown,
                "whether \(Self.whose) is revoked cannot be told: its issuer's revocation list is out of date",
                hint: "Bring the issuer's revocation list up to date",
                alertSent: 46,
                code: "0A000086",
                verification: .init(code: 12, depth: 0),
                subject: "CN=faulty"
            )
        )
        #expect(old.server.error?.cause == .certificateRejectedByPeer(alert: 46))
        let revoked = try handshake(RevocationList(by: pki.issuer, revoked: 0x0A))
        try expect(
            revoked.client.error,
            as: .client,
            Expectation(
                .certificateRevoked,
                "\(Self.whose) is revoked, says its issuer's revocation list",
                hint: "Have a new one issued",
                alertSent: 44,
                code: "0A000086",
                verification: .init(code: 23, depth: 0),
                subject: "CN=faulty"
            )
        )
        #expect(revoked.server.error?.cause == .certificateRejectedByPeer(alert: 44))
    }
}
