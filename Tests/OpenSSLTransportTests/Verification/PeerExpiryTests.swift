import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("When a peer's certificates expire")
struct PeerExpiryTests {

    private func configuration(
        _ identity: Identity?,
        _ root: TestAuthority,
        verification: TLSConfiguration.Verification = .full,
        clientCertificates: TLSConfiguration.ClientCertificates = .automatic,
        resumption: TLSConfiguration.Resumption = .off
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: identity.map { .identity($0) },
            privateKey: identity.map { .identity($0) },
            trustRoots: .pem(root.certificate.pem),
            clientCertificates: clientCertificates,
            verification: verification,
            resumption: resumption
        )
    }

    private func open(
        _ client: TLSConfiguration,
        _ server: TLSConfiguration,
        _ body: (_ client: TLSConnection, _ server: TLSConnection) throws -> Void
    ) throws {
        let (clientHandler, serverHandler) = (
            try TLSHandler(client: client, host: "localhost", port: 1), try TLSHandler(server: server)
        )
        let channels = try BackToBackChannels(clientHandler, serverHandler)
        defer { channels.finish() }
        try channels.open()
        try body(clientHandler.connection, serverHandler.connection)
    }

    private func days(_ expiry: TLSPeerExpiry) -> Int? {
        if case .later(let rest) = expiry { Int((Double(rest.components.seconds) / 86_400).rounded()) } else { nil }
    }

    private func error(_ expiry: TLSPeerExpiry) -> TLSError? {
        if case .expired(let error) = expiry { error } else { nil }
    }

    @Test("It is the earliest of the chain that counts, be it the peer's or one above, on both sides")
    func earliest() throws {
        let root = try TestAuthority(name: "root")
        let intermediate = try root.intermediate(name: "intermediate", validity: .days(10))
        let client = self.configuration(try intermediate.issue(.client(validity: .days(5))), root)
        let server = self.configuration(try intermediate.issue(.server(validity: .days(20))), root)
        try self.open(client, server) { client, server in
            #expect(self.days(server.peerExpiry()) == 5)
            #expect(self.days(client.peerExpiry()) == 10)

            let later = Date() + 86_400 * 11
            let ofClient = try #require(self.error(server.peerExpiry(now: later)))
            #expect(ofClient.cause == .certificateExpired)
            #expect(ofClient.verification == TLSError.Verification(code: Int(X509_V_ERR_CERT_HAS_EXPIRED), depth: 0))
            #expect(ofClient.certificate?.subject == "CN=client")
            #expect(ofClient.message.contains("has expired: it was valid until"))
            #expect(ofClient.phase == .established)
            let ofServer = try #require(self.error(client.peerExpiry(now: later)))
            #expect(ofServer.verification?.depth == 1)
            #expect(ofServer.certificate?.subject == "CN=intermediate")
        }
    }

    @Test("The second of its end is the first without it")
    func boundary() throws {
        let root = try TestAuthority()
        let client = self.configuration(try root.issue(.client(validity: .days(5))), root)
        let server = self.configuration(try root.issue(.server()), root)
        try self.open(client, server) { _, server in
            let end = try #require(server.peerDetails()?.sentChain.first).notAfter
            #expect(self.error(server.peerExpiry(now: end - 0.5)) == nil)
            #expect(self.error(server.peerExpiry(now: end)) != nil)
        }
    }

    @Test("After a resumption the chain of the full handshake counts, on both sides")
    func resumed() throws {
        let root = try TestAuthority(name: "root")
        let intermediate = try root.intermediate(name: "intermediate", validity: .days(10))
        let client = self.configuration(try intermediate.issue(.client()), root, resumption: .tickets())
        let server = self.configuration(try intermediate.issue(.server()), root, resumption: .tickets())
        try self.open(client, server) { _, _ in }
        try self.open(client, server) { client, server in
            for handler in [client, server] {
                #expect(handler.session.map { SSL_session_reused($0.ssl) } == 1)
                #expect(self.days(handler.peerExpiry()) == 10)
                let error = try #require(self.error(handler.peerExpiry(now: Date() + 86_400 * 11)))
                #expect(error.cause == .certificateExpired)
                #expect(error.message.contains("above the \(handler.tls.role == .client ? "server" : "client")'s"))
                #expect(error.message.contains("until 20"))
            }
        }
    }

    @Test("Nobody's expires where nothing was shown or verified")
    func never() throws {
        let root = try TestAuthority()
        let client = self.configuration(nil, root, verification: .dangerouslyNone)
        let server = self.configuration(try root.issue(.server()), root, clientCertificates: .optional)
        try self.open(client, server) { client, server in
            for handler in [client, server] {
                guard case .never = handler.peerExpiry(now: .distantFuture) else {
                    Issue.record("\(handler.peerExpiry())")
                    continue
                }
            }
        }
    }
}
