import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Algorithms that one chooses")
struct AlgorithmTests {
    private let authority: TestAuthority
    private let identity: Identity

    init() throws {
        self.authority = try TestAuthority()
        self.identity = try self.authority.issue(.server())
    }

    private func handshake(
        _ client: TLSConfiguration.Algorithms,
        _ server: TLSConfiguration.Algorithms,
        minimumVersion: TLSVersion = .tls13,
        maximumVersion: TLSVersion? = nil
    ) throws -> MemoryHandshake {
        try MemoryHandshake(
            client: TLSConfiguration(
                trustRoots: .pem(self.authority.certificate.pem),
                minimumVersion: minimumVersion,
                maximumVersion: maximumVersion,
                algorithms: client
            ),
            server: TLSConfiguration(
                certificate: .identity(self.identity),
                privateKey: .identity(self.identity),
                minimumVersion: minimumVersion,
                algorithms: server
            )
        )
    }

    private func fault(_ algorithms: TLSConfiguration.Algorithms) -> TLSError? {
        #expect(throws: TLSError.self) {
            try TLSConfiguration(trustRoots: .pem(self.authority.certificate.pem), algorithms: algorithms)
                .validate(for: .client)
        }
    }

    @Test("A cipher suite of TLS 1.3 that one side insists on is the one that is used")
    func cipherSuite() throws {
        for suite in ["TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"] {
            let handshake = try self.handshake(.init(cipherSuites: [suite]), .recommended)
            #expect(try handshake.client.get().cipher == suite)
            #expect(try handshake.server.get().cipher == suite)
        }
    }

    @Test("So is a cipher of TLS 1.2")
    func tls12Cipher() throws {
        let cipher = "ECDHE-ECDSA-AES256-GCM-SHA384"
        let handshake = try self.handshake(
            .init(tls12Ciphers: [cipher]),
            .recommended,
            minimumVersion: .tls12,
            maximumVersion: .tls12
        )
        #expect(try handshake.server.get().cipher == cipher)
    }

    @Test("A side that lacks the newest group gets X25519, and no hello is asked for twice", arguments: [true, false])
    func olderPeer(clientIsOlder: Bool) throws {
        let old = TLSConfiguration.Algorithms(groups: ["X25519", "P-256"])
        let hellos = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        hellos.initialize(to: 0)
        defer { hellos.deallocate() }
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(
                trustRoots: .pem(self.authority.certificate.pem),
                algorithms: clientIsOlder ? old : .recommended
            ),
            server: TLSConfiguration(
                certificate: .identity(self.identity),
                privateKey: .identity(self.identity),
                algorithms: clientIsOlder ? .recommended : old
            )
        ) { _, server in
            SSL_CTX_set_client_hello_cb(
                server.pointer,
                { _, _, hellos in
                    hellos?.assumingMemoryBound(to: Int32.self).pointee += 1
                    return SSL_CLIENT_HELLO_SUCCESS
                },
                hellos
            )
        }
        #expect(try handshake.client.get().group == "X25519")
        #expect(hellos.pointee == 1)
    }

    @Test("A group that one side insists on is the one that is used")
    func group() throws {
        let handshake = try self.handshake(.init(groups: ["P-384"]), .recommended)
        #expect(try handshake.client.get().group == "P-384")
    }

    @Test("Lists without anything in common fail with both lists in the error")
    func nothingInCommon() throws {
        let handshake = try self.handshake(.init(groups: ["P-384"]), .init(groups: ["P-256"]))
        let error = try #require(handshake.server.error)
        #expect(error.cause == .noSharedGroup)
        #expect(error.message.contains("ours are P-256"))
    }

    @Test("Signature algorithms limit what certificates are taken")
    func signatureAlgorithms() throws {
        let handshake = try self.handshake(.init(signatureAlgorithms: ["rsa_pss_rsae_sha256"]), .recommended)
        #expect(handshake.server.error?.cause == .noSharedSignatureAlgorithm)
        #expect(
            try self.handshake(.init(signatureAlgorithms: ["ecdsa_secp256r1_sha256"]), .recommended)
                .client.get().isPeerVerified
        )
    }

    @Test("The system's policy makes handshakes, too")
    func system() throws {
        #expect(try self.handshake(.system, .system).client.get().version == "TLSv1.3")
    }

    @Test("A higher security level has no use for keys that are good enough by default")
    func securityLevel() throws {
        let handshake = try self.handshake(.init(groups: ["P-384"], securityLevel: 4), .recommended)
        #expect(handshake.server.error?.cause == .noSharedSignatureAlgorithm)
    }

    @Test("No list and no level makes TLS weaker", arguments: [-1, 0, 1, 6])
    func levelOutOfBounds(_ level: Int) {
        #expect(self.fault(.init(securityLevel: level))?.message.contains("security level") == true)
    }

    @Test(
        "Ciphers of TLS 1.2 without forward secrecy, encryption or authentication are refused, and commands are no names",
        arguments: [
            "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "NULL", "aNULL", "ALL", "DEFAULT", "@SECLEVEL=0",
            "ECDHE+AESGCM:@SECLEVEL=0", "!AESGCM", "-ALL", "ECDHE+AESGCM RC4", "",
        ]
    )
    func weakCiphers(_ name: String) {
        #expect(self.fault(.init(tls12Ciphers: ["ECDHE+AESGCM", name]))?.cause == .invalidConfiguration)
    }

    @Test("A name that OpenSSL does not know is named, wherever it stands in the list")
    func unknownNames() {
        #expect(
            self.fault(.init(tls12Ciphers: ["ECDHE+AESGCM", "ECDHE-FOO"]))?.message.contains("'ECDHE-FOO'") == true
        )
        #expect(
            self.fault(.init(cipherSuites: ["TLS_AES_128_GCM_SHA256", "TLS_FOO"]))?.message.contains("'TLS_FOO'")
                == true
        )
        #expect(self.fault(.init(groups: ["P-256", "P-255"]))?.message.contains("'P-255'") == true)
        #expect(self.fault(.init(signatureAlgorithms: ["foo"]))?.message.contains("'foo'") == true)
    }

    @Test("Empty lists are refused")
    func emptyLists() {
        #expect(self.fault(.init(cipherSuites: []))?.message.contains("empty") == true)
        #expect(self.fault(.init(tls12Ciphers: []))?.message.contains("empty") == true)
        #expect(self.fault(.init(groups: []))?.message.contains("empty") == true)
    }
}

/// Whether the library that the tests run with has X25519MLKEM768.
var hasHybridGroup: Bool { OpenSSL_version_num() >= 0x3050_0000 }
