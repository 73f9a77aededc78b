import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("How many certificates may stand between a peer's own and a trust root")
struct ChainDepthTests {
    private let root: TestAuthority

    init() throws {
        self.root = try TestAuthority()
    }

    /// With so many intermediate certificates on both sides.
    private func handshake(_ count: Int, client: Int? = nil, server: Int? = nil) throws -> MemoryHandshake {
        var authority = self.root
        for _ in 0..<count { authority = try authority.intermediate() }
        func configuration(_ request: CertificateRequest, depth: Int?) throws -> TLSConfiguration {
            let identity = try authority.issue(request)
            let (chain, key) = (identity.chainPEM, identity.privateKey.pem)
            let roots = TLSConfiguration.TrustRoots.pem(self.root.certificate.pem)
            guard let depth else {
                return TLSConfiguration(certificate: .pem(chain), privateKey: .pem(key), trustRoots: roots)
            }
            return TLSConfiguration(
                certificate: .pem(chain),
                privateKey: .pem(key),
                trustRoots: roots,
                maximumChainDepth: depth
            )
        }
        return try MemoryHandshake(
            client: configuration(.client(), depth: client),
            server: configuration(.server(), depth: server)
        )
    }

    private func expectTooLong(_ error: TLSError?, _ peer: String, _ limit: Int) throws {
        let error = try #require(error)
        #expect(error.cause == .certificateRejected)
        #expect(error.verification?.code == 22)
        #expect(error.message.contains("above the \(peer)'s") || error.message.contains("the \(peer)'s certificate"))
        #expect(
            error.message.contains(
                "is too far from a trust root: more than \(limit) certificates stand in between"
            ),
            "\(error)"
        )
        #expect(error.hint.contains("maximumChainDepth"))
    }

    @Test("Four, if nothing else is said; the fifth is refused by a client and by a server")
    func standard() throws {
        #expect(try self.handshake(4).server.error == nil)
        try self.expectTooLong(self.handshake(5).client.error, "server", 4)
        try self.expectTooLong(self.handshake(5, client: 5).server.error, "client", 4)
        #expect(try self.handshake(5, client: 5, server: 5).server.error == nil)
    }

    @Test("None, where that is what is said")
    func none() throws {
        #expect(try self.handshake(0, client: 0, server: 0).server.error == nil)
        try self.expectTooLong(self.handshake(1, client: 0).client.error, "server", 0)
        try self.expectTooLong(self.handshake(1, client: 1, server: 0).server.error, "client", 0)
    }

    @Test("Numbers that are none are refused before anything is read", arguments: [-1, 33, .max, .min])
    func range(_ depth: Int) throws {
        let configuration = TLSConfiguration(trustRoots: "/nowhere", maximumChainDepth: depth)
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: .client) }
        #expect(error.cause == .invalidConfiguration)
        #expect(error.hint.contains("from 0 to 32"))
    }
}
