import COpenSSL
import Synchronization
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Verifying the peer of an open connection again")
struct VerifyingAgainTests {
    private let authority: TestAuthority
    private let intermediate: TestAuthority
    private let other: TestAuthority

    init() throws {
        self.authority = try TestAuthority(name: "ours")
        self.intermediate = try self.authority.intermediate(name: "intermediate")
        self.other = try TestAuthority(name: "another")
    }

    private func configuration(
        _ identity: Identity?,
        roots: TLSConfiguration.TrustRoots? = nil,
        verification: TLSConfiguration.Verification = .full,
        clientCertificates: TLSConfiguration.ClientCertificates = .automatic,
        serverName: String? = nil,
        pins: [TLSConfiguration.PublicKeyPin] = [],
        resumption: TLSConfiguration.Resumption = .off,
        verifyPeer: (@Sendable (TLSPeerChain) throws -> Void)? = nil
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: identity.map { .identity($0) },
            privateKey: identity.map { .identity($0) },
            trustRoots: roots ?? .pem(self.authority.certificate.pem),
            clientCertificates: clientCertificates,
            serverName: serverName,
            verification: verification,
            publicKeyPins: pins,
            verifyPeer: verifyPeer,
            resumption: resumption
        )
    }

    /// Both ends of an open connection, with mutual TLS.
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
        #expect(channels.client.isOpen && channels.server.isOpen)  // whoever asks decides what to do
    }

    private func compare(_ error: TLSError?, _ expected: TLSError?) throws {
        let (error, expected) = (try #require(error), try #require(expected))
        #expect(error.cause == expected.cause)
        #expect(error.message == expected.message)
        #expect(error.hint == expected.hint)
        #expect(error.verification == expected.verification)
        #expect(error.certificate == expected.certificate)
        #expect(error.role == expected.role)
        #expect(error.phase == .established)
    }

    @Test(
        "A peer whose authority is trusted no more fails as its handshake would, on both sides",
        arguments: [true, false]
    )
    func unknownAuthority(_ hasIntermediate: Bool) throws {
        let issuer = hasIntermediate ? self.intermediate : self.authority
        let client = self.configuration(try issuer.issue(.client()))
        let server = self.configuration(try issuer.issue(.server()))
        let others = TLSConfiguration.TrustRoots.pem(self.other.certificate.pem)
        try self.open(client, server) { clientHandler, serverHandler in
            try server.replace(trustRoots: others)
            let error = #expect(throws: TLSError.self) { try serverHandler.verifyPeerAgain() }
            try self.compare(error, MemoryHandshake(client: client, server: server).server.error)
            #expect(error?.cause == .unknownAuthority)
            #expect(serverHandler.isOutdated)
            try clientHandler.verifyPeerAgain()
        }
        try server.replace(trustRoots: .pem(self.authority.certificate.pem))
        try self.open(client, server) { clientHandler, _ in
            try client.replace(trustRoots: others)
            let error = #expect(throws: TLSError.self) { try clientHandler.verifyPeerAgain() }
            try self.compare(error, MemoryHandshake(client: client, server: server).client.error)
        }
    }

    @Test("One that is still trusted passes, is not verified twice for one reload, and fails after a later one")
    func stillTrusted() throws {
        let calls = Mutex(0)
        let client = self.configuration(try self.intermediate.issue(.client()))
        let server = self.configuration(
            try self.intermediate.issue(.server()),
            verifyPeer: { _ in calls.withLock { $0 += 1 } }
        )
        try self.open(client, server) { _, handler in
            try server.replace(
                trustRoots: [.pem(self.other.certificate.pem), .pem(self.authority.certificate.pem)]
            )
            #expect(handler.isOutdated)
            for _ in 0..<2 { try handler.verifyPeerAgain() }
            #expect(!handler.isOutdated)
            #expect(calls.withLock { $0 } == 2)
            try server.replace(trustRoots: .pem(self.other.certificate.pem))
            #expect(throws: TLSError.self) { try handler.verifyPeerAgain() }
        }
    }

    private static func stranger() throws -> Identity {
        try .selfSigned(CertificateRequest(commonName: "stranger", isAuthority: true))
    }

    @Test("A certificate that a new list takes back fails as revoked, and one that no list tells of as unknown")
    func revocation() throws {
        var request = CertificateRequest.client()
        request.serialNumber = [42]
        let issuer = try Identity.selfSigned(CertificateRequest(commonName: "issuer", isAuthority: true))
        let authority = TestAuthority(signingAs: issuer)
        let roots = TLSConfiguration.TrustRoots.pem(issuer.certificate.pem)
        let client = self.configuration(try authority.issue(request), roots: roots)
        let server = self.configuration(try authority.issue(.server()), roots: roots)
        for (list, cause) in [
            (try RevocationList(by: issuer, revoked: 42), TLSError.Cause.certificateRevoked),
            (try RevocationList(by: Self.stranger()), .revocationUnknown),
        ] {
            let server = self.configuration(try authority.issue(.server()), roots: roots)
            try self.open(client, server) { _, handler in
                try server.replace(revocationLists: .pem(list.pem).checking(.peer))
                let error = #expect(throws: TLSError.self) { try handler.verifyPeerAgain() }
                #expect(error?.cause == cause)
                try self.compare(error, MemoryHandshake(client: client, server: server).server.error)
            }
        }
        try self.open(client, server) { _, handler in
            try server.replace(revocationLists: .pem(try RevocationList(by: issuer, revoked: 7).pem).checking(.peer))
            try handler.verifyPeerAgain()
        }
    }

    @Test("The program's own check is asked again")
    func program() throws {
        struct NotAllowed: Error {}
        let isAllowed = Mutex(true)
        let client = self.configuration(try self.authority.issue(.client()))
        let server = self.configuration(
            try self.authority.issue(.server()),
            verifyPeer: { chain in
                #expect(chain.certificates.map(\.subject) == ["CN=client", "CN=ours"])
                guard isAllowed.withLock({ $0 }) else { throw NotAllowed() }
            }
        )
        try self.open(client, server) { _, handler in
            isAllowed.withLock { $0 = false }
            try server.replace(
                trustRoots: [.pem(self.authority.certificate.pem), .pem(self.other.certificate.pem)]
            )
            let error = #expect(throws: TLSError.self) { try handler.verifyPeerAgain() }
            #expect(error?.cause == .refusedByProgram)
            try self.compare(error, MemoryHandshake(client: client, server: server).server.error)
        }
    }

    @Test("Where trust is the same, nobody is verified again: a resumed peer is not lost for nothing")
    func sameTrust() throws {
        let client = self.configuration(try self.intermediate.issue(.client()), resumption: .tickets())
        let server = self.configuration(try self.authority.issue(.server()), resumption: .tickets())
        try self.open(client, server) { _, _ in }
        try self.open(client, server) { _, handler in
            #expect(handler.session.map { SSL_session_reused($0.ssl) } == 1)
            let identity = try self.authority.issue(.server())
            try server.replace(certificate: .identity(identity), privateKey: .identity(identity))
            #expect(handler.isOutdated)
            try handler.verifyPeerAgain()
            #expect(!handler.isOutdated)
        }
    }

    @Test("A change that a later one does not undo is not missed, though nobody looked in between")
    func severalReloads() throws {
        let client = self.configuration(try self.authority.issue(.client()))
        let server = self.configuration(try self.authority.issue(.server()))
        try self.open(client, server) { _, handler in
            try server.replace(trustRoots: .pem(self.other.certificate.pem))
            let identity = try self.authority.issue(.server())
            let reload = try server.replace(certificate: .identity(identity), privateKey: .identity(identity))
            #expect(!reload.changesTrust)
            let error = #expect(throws: TLSError.self) { try handler.verifyPeerAgain() }
            #expect(error?.cause == .unknownAuthority)
        }
    }

    @Test("Asking about the whole chain instead of the peer alone is a change of trust")
    func scope() throws {
        let issuer = try Identity.selfSigned(CertificateRequest(commonName: "issuer", isAuthority: true))
        let middle = try TestAuthority(signingAs: issuer).issue(
            CertificateRequest(commonName: "middle", isAuthority: true)
        )
        let roots = TLSConfiguration.TrustRoots.pem(issuer.certificate.pem)
        let client = self.configuration(try TestAuthority(signingAs: middle).issue(.client()), roots: roots)
        let server = self.configuration(try TestAuthority(signingAs: issuer).issue(.server()), roots: roots)
        let list = try RevocationList(by: middle).pem
        try server.replace(revocationLists: .pem(list).checking(.peer))
        try self.open(client, server) { _, handler in
            let reload = try server.replace(revocationLists: .pem(list))
            #expect(reload.changesTrust)
            let error = #expect(throws: TLSError.self) { try handler.verifyPeerAgain() }
            #expect(error?.cause == .revocationUnknown)
        }
    }

    @Test("A peer without a certificate passes, and so does one that was never verified")
    func nothingToVerify() throws {
        let others = TLSConfiguration.TrustRoots.pem(self.other.certificate.pem)
        let client = self.configuration(nil, verification: .dangerouslyNone)
        let server = self.configuration(try self.authority.issue(.server()), clientCertificates: .optional)
        try self.open(client, server) { clientHandler, serverHandler in
            try server.replace(trustRoots: others)
            try client.replace(trustRoots: others)
            try serverHandler.verifyPeerAgain()
            try clientHandler.verifyPeerAgain()
        }
    }

    @Test("A resumed peer passes if its own certificate verifies alone, and fails if it takes an intermediate one")
    func resumed() throws {
        let roots: TLSConfiguration.TrustRoots = [
            .pem(self.authority.certificate.pem), .pem(self.other.certificate.pem),
        ]
        for (issuer, passes) in [(self.authority, true), (self.intermediate, false)] {
            let client = self.configuration(try issuer.issue(.client()), resumption: .tickets())
            let server = self.configuration(try self.authority.issue(.server()), resumption: .tickets())
            try self.open(client, server) { _, _ in }
            try self.open(client, server) { _, handler in
                #expect(handler.session.map { SSL_session_reused($0.ssl) } == 1)
                try server.replace(trustRoots: roots)
                if passes {
                    try handler.verifyPeerAgain()
                } else {
                    let error = #expect(throws: TLSError.self) { try handler.verifyPeerAgain() }
                    #expect(error?.cause == .unknownAuthority)
                }
            }
        }
    }

    /// A client that verifies nothing, in a connection with a server that shows `identity`; and what a handshake that
    /// verifies makes of that.
    ///
    /// - Parameter key: the kind of the identity's: OpenSSL has a place for each, and the identity takes its own.
    private func party(
        _ identity: Identity,
        _ strict: TLSConfiguration,
        key: KeyKind = .p256
    ) throws -> (MemoryParty, TLSError?) {
        let server = self.configuration(try self.authority.issue(.server(key: key)), clientCertificates: .none)
        let context = try server.context(for: .server)
        try context.present(identity)
        let lax = try TLSConfiguration(verification: .dangerouslyNone).context(for: .client)
        SSL_CTX_set_security_level(lax.pointer, 0)
        let (client, peer) = (try MemoryParty(lax, host: "localhost"), try MemoryParty(context, host: nil))
        while client.step() || peer.step() {
            peer.receive(client.takeOutput())
            client.receive(peer.takeOutput())
        }
        _ = try client.outcome.get()
        let handshake = try MemoryHandshake(client: strict, server: server)
        return (client, handshake.client.error)
    }

    @Test("Dates, purpose, strength, pins and depth count as in a handshake")
    func sameRules() throws {
        var codeSigning = CertificateRequest.server()
        codeSigning.purposes = [.codeSigning]
        var deep = self.authority
        for level in 0..<5 { deep = try deep.intermediate(name: "level \(level)") }
        let strict = self.configuration(nil)
        let pinned = self.configuration(nil, pins: [.init(sha256: Array(repeating: 7, count: 32))])
        let cases: [(Identity, TLSConfiguration, TLSError.Cause)] = [
            (try self.authority.issue(.server(validity: .expired)), strict, .certificateExpired),
            (try self.authority.issue(.server(validity: .notYet)), strict, .certificateNotYetValid),
            (try self.authority.issue(codeSigning), strict, .wrongCertificatePurpose),
            (try self.authority.issue(.server(key: .rsa(bits: 1024))), strict, .certificateTooWeak),
            (try Identity.selfSigned(.server()), strict, .selfSigned),
            (try self.intermediate.issue(.server()), pinned, .publicKeyNotPinned),
            (try deep.issue(.server()), strict, .certificateRejected),
        ]
        for (identity, configuration, cause) in cases {
            let key: KeyKind = cause == .certificateTooWeak ? .rsa(bits: 2048) : .p256
            let (client, expected) = try self.party(identity, configuration, key: key)
            let context = try configuration.context(for: .client)
            let error = #expect(throws: TLSError.self) { try context.verifyAgain(client.ssl, peerAddress: nil) }
            #expect(error?.cause == cause)
            // The clock's words are of another second.
            if cause != .certificateExpired, cause != .certificateNotYetValid { try self.compare(error, expected) }
            #expect(expected?.cause == cause)
            #expect(error?.verification == expected?.verification)
        }
    }

    @Test("The host's name does not count, for it is the same")
    func hostName() throws {
        let strict = self.configuration(nil, serverName: "elsewhere.example")
        let (client, expected) = try self.party(try self.authority.issue(.server()), strict)
        #expect(expected?.cause == .hostnameMismatch)
        try strict.context(for: .client).verifyAgain(client.ssl, peerAddress: nil)
    }
}
