import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Resumption")
struct ResumptionTests {
    private let authority: TestAuthority
    private let serverIdentity: Identity
    private let clientIdentity: Identity

    init() throws {
        self.authority = try TestAuthority()
        self.serverIdentity = try self.authority.issue(.server())
        self.clientIdentity = try self.authority.issue(.client(commonName: "known"))
    }

    private func client(
        resumption: TLSConfiguration.Resumption = .tickets(),
        minimumVersion: TLSVersion = .tls13,
        maximumVersion: TLSVersion? = nil
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .identity(self.clientIdentity),
            privateKey: .identity(self.clientIdentity),
            trustRoots: .pem(self.authority.certificate.pem),
            minimumVersion: minimumVersion,
            maximumVersion: maximumVersion,
            resumption: resumption
        )
    }

    private func server(
        resumption: TLSConfiguration.Resumption = .tickets(),
        trusting authority: TestAuthority? = nil,
        minimumVersion: TLSVersion = .tls13
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .identity(self.serverIdentity),
            privateKey: .identity(self.serverIdentity),
            trustRoots: .pem((authority ?? self.authority).certificate.pem),
            minimumVersion: minimumVersion,
            resumption: resumption
        )
    }

    /// Whether both sides say that it was resumed; they must agree.
    private func isResumed(_ handshake: MemoryHandshake) throws -> Bool {
        let (client, server) = (try handshake.client.get(), try handshake.server.get())
        #expect(client.isResumed == server.isResumed)
        return client.isResumed
    }

    @Test("By default every handshake is a full one, even with a side that would resume")
    func offByDefault() throws {
        for (client, server) in [
            (self.client(resumption: .off), self.server(resumption: .off)),
            (self.client(), self.server(resumption: .off)),
            (self.client(resumption: .off), self.server()),
        ] {
            #expect(try !self.isResumed(MemoryHandshake(client: client, server: server)))
            #expect(try !self.isResumed(MemoryHandshake(client: client, server: server)))
        }
    }

    @Test("Where both sides ask for it, whoever comes back is known, by the same certificate and name as before")
    func resumed() throws {
        let (client, server) = (self.client(), self.server())
        let first = try MemoryHandshake(client: client, server: server)
        #expect(try !self.isResumed(first))
        for _ in 0..<3 {
            let next = try MemoryHandshake(client: client, server: server)
            #expect(try self.isResumed(next))
            let (ours, theirs) = (try next.client.get(), try next.server.get())
            #expect(ours.verifiedName == "localhost")
            #expect(ours.isPeerVerified)
            #expect(try ours.peerCertificate == first.client.get().peerCertificate)
            #expect(theirs.isPeerVerified)
            #expect(theirs.peerCertificate?.subject == "CN=known")
            #expect(theirs.serverName == "localhost")
        }
    }

    @Test("An IP address is a verified name after resumption, too")
    func resumedByAddress() throws {
        let (client, server) = (self.client(), self.server())
        for expected in [false, true] {
            let handshake = try MemoryHandshake(client: client, server: server, host: "127.0.0.1")
            #expect(try self.isResumed(handshake) == expected)
            #expect(try handshake.client.get().verifiedName == "127.0.0.1")
        }
    }

    @Test("A session is offered once, and not to two connections at the same time")
    func offeredOnce() throws {
        let (client, server) = (self.client(), self.server())
        _ = try MemoryHandshake(client: client, server: server)
        let context = try client.context(for: .client)
        let cache = try #require(context.notes.sessionCache)
        #expect(cache.count == 1)
        let first = try context.makeSSL(peerHost: "localhost")
        defer { SSL_free(first) }
        #expect(cache.count == 0)
        let second = try context.makeSSL(peerHost: "localhost")
        defer { SSL_free(second) }
        #expect(SSL_get_session(first) != nil)
        #expect(SSL_get_session(second) == nil)
    }

    @Test("A session with one host is not offered to another, nor one of another port")
    func otherServers() throws {
        let (client, server) = (self.client(), self.server())
        _ = try MemoryHandshake(client: client, server: server, host: "localhost")
        #expect(try !self.isResumed(MemoryHandshake(client: client, server: server, host: "127.0.0.1")))
        let context = try client.context(for: .client)
        let ssl = try context.makeSSL(peerHost: "localhost", peerPort: 1)
        defer { SSL_free(ssl) }
        #expect(SSL_get_session(ssl) == nil)
    }

    @Test("Another configuration of the client, be it equal in words, does not resume")
    func otherClientConfiguration() throws {
        let server = self.server()
        _ = try MemoryHandshake(client: self.client(), server: server)
        #expect(try !self.isResumed(MemoryHandshake(client: self.client(), server: server)))
    }

    @Test("A server that no longer trusts the client's authority refuses the client, whatever tickets it was given")
    func trustChanged() throws {
        let client = self.client()
        #expect(try !self.isResumed(MemoryHandshake(client: client, server: self.server())))
        #expect(try client.context(for: .client).notes.sessionCache?.count == 1)
        let refused = try MemoryHandshake(client: client, server: self.server(trusting: TestAuthority()))
        #expect(refused.server.error?.cause == .unknownAuthority)
    }

    @Test("A ticket of a server's other configuration costs a full handshake and nothing else")
    func foreignTicket() throws {
        let client = self.client()
        _ = try MemoryHandshake(client: client, server: self.server())
        let server = self.server()
        #expect(try !self.isResumed(MemoryHandshake(client: client, server: server)))
        #expect(try self.isResumed(MemoryHandshake(client: client, server: server)))
    }

    @Test("A session that was verified for another name counts for nothing, even if it is forced upon the handshake")
    func keyIsTheName() throws {
        let other = try self.authority.issue(.server(hosts: ["other.example"]))
        let client = self.client()
        let server = TLSConfiguration(
            certificate: .identity(other),
            privateKey: .identity(other),
            trustRoots: .pem(self.authority.certificate.pem),
            resumption: .tickets()
        )
        #expect(try !self.isResumed(MemoryHandshake(client: client, server: server, host: "other.example")))
        let refused = try MemoryHandshake(client: client, server: server, host: "localhost")
        #expect(refused.client.error?.cause == .hostnameMismatch)
    }

    @Test("Sessions of TLS 1.2 are never resumed")
    func notInTLS12() throws {
        let client = self.client(minimumVersion: .tls12)
        let server = self.server(minimumVersion: .tls12)
        for _ in 0..<2 {
            let handshake = try MemoryHandshake(client: client, server: server) { client, _ in
                _ = COpenSSL_SSL_CTX_set_max_proto_version(client.pointer, TLS1_2_VERSION)
            }
            #expect(try handshake.client.get().version == "TLSv1.2")
            #expect(try !self.isResumed(handshake))
        }
    }

    @Test("Nothing is sent before the handshake is over")
    func noEarlyData() throws {
        let server = try self.server().context(for: .server)
        #expect(SSL_CTX_get_max_early_data(server.pointer) == 0)
    }

    @Test(
        "Lifetimes and counts out of bounds are refused",
        arguments: [
            TLSConfiguration.Resumption.tickets(lifetime: .zero), .tickets(lifetime: .seconds(12 * 3600 + 1)),
            .tickets(lifetime: .seconds(-1)), .tickets(maximumSessions: 0), .tickets(maximumSessions: 65_537),
        ]
    )
    func limits(_ resumption: TLSConfiguration.Resumption) {
        for role in [TLSRole.client, .server] {
            let error = #expect(throws: TLSError.self) {
                try (role == .client ? self.client(resumption: resumption) : self.server(resumption: resumption))
                    .validate(for: role)
            }
            #expect(error?.cause == .invalidConfiguration)
            #expect(error?.hint.contains("resumption") == true)
        }
    }

    @Test("It is refused where TLS 1.3 is not allowed")
    func needsTLS13() {
        let error = #expect(throws: TLSError.self) {
            try self.client(minimumVersion: .tls12, maximumVersion: .tls12).validate(for: .client)
        }
        #expect(error?.cause == .invalidConfiguration)
    }
}
