import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: an open connection of TLS 1.2 that is to be negotiated anew", .tags(.catalogue))
struct RenegotiationRows {
    let pki: CataloguePKI

    init() throws { self.pki = try CataloguePKI() }

    @Test("25. Renegotiation is refused, whichever side asks for it", arguments: [TLSRole.client, .server])
    func renegotiation(asking role: TLSRole) throws {
        let client = try MemoryParty(
            pki.client(minimumVersion: .tls12, maximumVersion: .tls12).context(for: .client),
            host: "localhost"
        )
        let server = try MemoryParty(pki.server(minimumVersion: .tls12).context(for: .server), host: nil)
        func carry() {
            while client.step() || server.step() {
                server.receive(client.takeOutput())
                client.receive(server.takeOutput())
            }
        }
        carry()
        let (asking, asked) = role == .client ? (client, server) : (server, client)
        // Ours never asks.
        SSL_clear_options(asking.ssl, COpenSSL_SSL_OP_NO_RENEGOTIATION())
        try #require(SSL_renegotiate(asking.ssl) == 1)
        asking.write([1])
        asked.receive(asking.takeOutput())
        carry()
        try expect(
            asking.error,
            as: role,
            Expectation(
                .renegotiationRefused,
                phase: .established,
                "the \(role == .client ? "server" : "client") refuses to negotiate anew",
                hint: "Do not ask for it, or use TLS 1.3",
                alertSent: 40,
                code: "0A000153"
            )
        )
        try expect(
            asked.error,
            as: role == .client ? .server : .client,
            Expectation(
                .renegotiationRefused,
                phase: .established,
                "the \(role) asked to negotiate anew, which is refused here, and ended it (alert 40, handshake failure)",
                hint: "Turn renegotiation off there",
                alertReceived: 40,
                code: "0A000410"
            )
        )
    }
}
