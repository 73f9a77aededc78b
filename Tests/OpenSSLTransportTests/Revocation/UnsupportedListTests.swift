import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Revocation lists of a kind that is not supported")
struct UnsupportedListTests {
    private let pki: CataloguePKI
    private let server: Identity
    private let client: Identity

    init() throws {
        self.pki = try CataloguePKI()
        var (server, client) = (CertificateRequest.server(), CertificateRequest.client())
        server.serialNumber = [0x51]
        client.serialNumber = [0x52]
        self.server = try self.pki.authority.issue(server)
        self.client = try self.pki.authority.issue(client)
    }

    private func configuration(_ role: TLSRole, _ lists: TLSConfiguration.RevocationLists?) -> TLSConfiguration {
        let identity = role == .client ? self.client : self.server
        return TLSConfiguration(
            certificate: .identity(identity),
            privateKey: .identity(identity),
            trustRoots: self.pki.trust,
            revocationLists: lists
        )
    }

    /// A handshake in which one side has lists.
    private func handshake(_ role: TLSRole, _ lists: TLSConfiguration.RevocationLists) throws -> TLSError? {
        let handshake = try MemoryHandshake(
            client: self.configuration(.client, role == .client ? lists : nil),
            server: self.configuration(.server, role == .server ? lists : nil)
        )
        return role == .client ? handshake.client.error : handshake.server.error
    }

    /// What makes a list one of its kind.
    struct Kind: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var words: String
        var extensions: [RawExtension] = []
        var entryExtensions: [RawExtension] = []
        var version = 2
    }

    private static func scope(_ bytes: [UInt8]) -> RawExtension {
        RawExtension(objectIdentifier: "2.5.29.28", isCritical: true, value: [0x30, UInt8(bytes.count)] + bytes)
    }
    private static func number(_ number: UInt8, isCritical: Bool = false) -> RawExtension {
        RawExtension(objectIdentifier: "2.5.29.20", isCritical: isCritical, value: [2, 1, number])
    }
    private static func reason(_ bytes: [UInt8]) -> RawExtension {
        RawExtension(objectIdentifier: "2.5.29.21", value: bytes)
    }
    private static func base(isCritical: Bool) -> RawExtension {
        RawExtension(objectIdentifier: "2.5.29.27", isCritical: isCritical, value: [2, 1, 1])
    }
    private static func unknown(isCritical: Bool) -> RawExtension {
        RawExtension(objectIdentifier: "1.3.6.1.4.1.99999.1", isCritical: isCritical, value: [5, 0])
    }

    static let kinds = [
        Kind(
            testDescription: "delta",
            words: "is a delta list",
            extensions: [number(2), base(isCritical: true)]
        ),
        Kind(testDescription: "delta, not critical", words: "is a delta list", extensions: [base(isCritical: false)]),
        Kind(testDescription: "indirect", words: "is an indirect one", extensions: [scope([0x84, 1, 0xFF])]),
        Kind(
            testDescription: "some reasons",
            words: "is for some reasons of revocation alone",
            extensions: [scope([0x83, 2, 6, 0x40])]
        ),
        Kind(
            testDescription: "attribute certificates",
            words: "is for attribute certificates alone",
            extensions: [scope([0x85, 1, 0xFF])]
        ),
        Kind(
            testDescription: "users and authorities alone at once",
            words: "extension issuingDistributionPoint twice, or in a form that cannot be read",
            extensions: [scope([0x81, 1, 0xFF, 0x82, 1, 0xFF])]
        ),
        Kind(
            testDescription: "broken scope",
            words: "extension issuingDistributionPoint twice, or in a form that cannot be read",
            extensions: [RawExtension(objectIdentifier: "2.5.29.28", isCritical: true, value: [4, 0])]
        ),
        Kind(
            testDescription: "two scopes",
            words: "extension issuingDistributionPoint twice, or in a form that cannot be read",
            extensions: [scope([0x81, 1, 0xFF]), scope([0x84, 1, 0xFF])]
        ),
        Kind(
            testDescription: "empty scope",
            words: "extension issuingDistributionPoint twice, or in a form that cannot be read",
            extensions: [scope([])]
        ),
        Kind(
            testDescription: "critical number",
            words: "has the critical extension crlNumber",
            extensions: [number(2, isCritical: true)]
        ),
        Kind(
            testDescription: "unknown critical extension",
            words: "has the critical extension 1.3.6.1.4.1.99999.1",
            extensions: [unknown(isCritical: true)]
        ),
        Kind(
            testDescription: "unknown critical extension of an entry",
            words: "has an entry with a critical extension",
            entryExtensions: [unknown(isCritical: true)]
        ),
        Kind(
            testDescription: "another authority's entry",
            words: "is an indirect one",
            entryExtensions: [RawExtension(objectIdentifier: "2.5.29.29", value: [0x30, 4, 0xA4, 2, 0x30, 0])]
        ),
        Kind(
            testDescription: "an entry that takes off the list",
            words: "takes a certificate off a list",
            entryExtensions: [reason([10, 1, 8])]
        ),
        Kind(
            testDescription: "the same with a length in two bytes",
            words: "takes a certificate off a list",
            entryExtensions: [reason([10, 0x81, 1, 8])]
        ),
        Kind(
            testDescription: "an entry with two reasons",
            words: "has an entry whose reason cannot be read",
            entryExtensions: [reason([10, 1, 1]), reason([10, 1, 4])]
        ),
        Kind(
            testDescription: "an entry with a broken reason",
            words: "has an entry whose reason cannot be read",
            entryExtensions: [reason([4, 0])]
        ),
        Kind(testDescription: "version 3", words: "is of version 3", version: 3),
    ]

    @Test(
        "A list of such a kind is refused when it is loaded, by either side, alone and beside the complete one",
        arguments: kinds
    )
    func refused(_ kind: Kind) throws {
        for role in [TLSRole.client, .server] {
            let serial = role == .client ? 0x51 : 0x52
            let complete = try RevocationList(by: self.pki.issuer, revoked: serial, extensions: [Self.number(1)])
            // It is newer, and names whom it is about only where it takes back what the complete one says.
            let odd = try RevocationList(
                by: self.pki.issuer,
                beginsIn: -60,
                revoked: kind.entryExtensions.isEmpty ? nil : serial,
                extensions: kind.extensions,
                entryExtensions: kind.entryExtensions,
                version: kind.version
            )
            #expect(try self.handshake(role, .pem(complete.pem))?.cause == .certificateRevoked)
            for lists: TLSConfiguration.RevocationLists in [
                .pem(odd.pem), .der([odd.der]), .pem(complete.pem + odd.pem), .pem(odd.pem + complete.pem),
                [.pem(complete.pem), .pem(odd.pem)], [.der([odd.der, complete.der])],
            ] {
                for scoped in [lists, lists.checking(.peer)] {
                    let error = #expect(throws: TLSError.self) {
                        try self.configuration(role, scoped).validate(for: role)
                    }
                    #expect(error?.cause == .wrongFileKind)
                    #expect(error?.message.contains(kind.words) == true, "\(String(describing: error))")
                    #expect(error?.message.hasSuffix("it is of 'CN=authority'") == true)
                    #expect(error?.hint.contains("complete list") == true)
                }
            }
        }
    }

    @Test("After a reload with such a list the complete one still counts, and the file is not tried again in vain")
    func reload() throws {
        let directory = try TemporaryDirectory()
        let complete = try RevocationList(by: self.pki.issuer, revoked: 0x52, extensions: [Self.number(1)])
        let path = try directory.write(complete.pem, "list.crl")
        let server = self.configuration(.server, .file(path))
        let client = self.configuration(.client, nil)
        #expect(try MemoryHandshake(client: client, server: server).server.error?.cause == .certificateRevoked)
        let delta = try RevocationList(by: self.pki.issuer, extensions: [Self.number(2), Self.base(isCritical: true)])
        _ = try directory.write(complete.pem + delta.pem, "list.crl")
        let error = #expect(throws: TLSError.self) { try server.reload() }
        #expect(error?.message.contains("the revocation lists file '\(path)' has a list that is a delta list") == true)
        #expect(try MemoryHandshake(client: client, server: server).server.error?.cause == .certificateRevoked)
    }

    @Test(
        "What only adds to a list, or says for which certificates it is complete, is supported",
        arguments: [
            [number(7)], [unknown(isCritical: false)], [scope([0x81, 1, 0xFF])],
            // The address of delta lists is no delta list.
            [RawExtension(objectIdentifier: "2.5.29.46", value: [0x30, 0])],
        ]
    )
    func supported(_ extensions: [RawExtension]) throws {
        for reason in [[], [Self.reason([10, 1, 1])], [Self.reason([10, 1, 6])], [Self.unknown(isCritical: false)]] {
            for role in [TLSRole.client, .server] {
                func list(_ serial: Int) throws -> TLSConfiguration.RevocationLists {
                    let list = try RevocationList(
                        by: self.pki.issuer,
                        revoked: serial,
                        extensions: extensions,
                        entryExtensions: reason
                    )
                    return .pem(list.pem).checking(.peer)
                }
                #expect(try self.handshake(role, list(role == .client ? 0x51 : 0x52))?.cause == .certificateRevoked)
                #expect(try self.handshake(role, list(0x01)) == nil)
            }
        }
    }

    @Test("A list for authorities alone says nothing of a peer's own certificate: nobody is let in")
    func otherScope() throws {
        let list = try RevocationList(by: self.pki.issuer, extensions: [Self.scope([0x82, 1, 0xFF])])
        for role in [TLSRole.client, .server] {
            #expect(try self.handshake(role, .pem(list.pem))?.cause == .revocationUnknown)
        }
    }
}

extension UnsupportedListTests {
    /// An authority as `openssl ca` keeps it, in files, with one revoked certificate.
    private func foreignList(_ extensions: String, in directory: TemporaryDirectory) throws -> String {
        let path = directory.path
        let key = try directory.write(self.pki.issuer.privateKey.pem, "authority.key")
        let certificate = try directory.write(self.pki.issuer.certificate.pem, "authority.pem")
        _ = try directory.write("R\t491231235959Z\t260101000000Z\t52\tunknown\t/CN=client\n", "index.txt")
        let configuration = try directory.write(
            "[ca]\ndefault_ca=a\n[a]\ndatabase=\(path)/index.txt\ndefault_md=sha256\ndefault_crl_days=1\n"
                + "[extensions]\n\(extensions)\n[indirect]\nindirectCRL=TRUE\n[reasons]\nonlysomereasons=keyCompromise\n"
                + "[users]\nonlyuser=TRUE\n",
            "ca.cnf"
        )
        let list = "\(path)/foreign.crl"
        _ = try openssl(
            "ca",
            "-config",
            configuration,
            "-gencrl",
            "-keyfile",
            key,
            "-cert",
            certificate,
            "-crlexts",
            "extensions",
            "-out",
            list
        )
        return list
    }

    @Test("Lists that openssl ca has made are known by their kinds, and the supported ones refuse s_client")
    func foreign() async throws {
        let directory = try TemporaryDirectory()
        for (extensions, words) in [
            ("2.5.29.27=critical,DER:020101", "is a delta list"),
            ("issuingDistributionPoint=critical,@indirect", "is an indirect one"),
            ("issuingDistributionPoint=critical,@reasons", "is for some reasons of revocation alone"),
            ("noCheck=critical,DER:0500", "has the critical extension noCheck"),
        ] {
            let list = try self.foreignList(extensions, in: directory)
            for role in [TLSRole.client, .server] {
                let error = #expect(throws: TLSError.self) {
                    try self.configuration(role, .file(list)).validate(for: role)
                }
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
            }
        }
        let certificate = try directory.write(self.client.certificate.pem, "client.pem")
        let key = try directory.write(self.client.privateKey.pem, "client.key")
        for extensions in ["authorityKeyIdentifier=keyid", "issuingDistributionPoint=critical,@users"] {
            let lists = TLSConfiguration.RevocationLists.file(try self.foreignList(extensions, in: directory))
            let server = try await LoopbackServer(self.configuration(.server, lists.checking(.peer))) { Echo() }
            let port = server.port
            try await blocking {
                let client = try OpenSSLCommand([
                    "s_client", "-connect", "127.0.0.1:\(port)", "-cert", certificate, "-key", key,
                ])
                try client.expect("alert certificate revoked")
                client.terminate()
            }
            try await server.close()
        }
    }
}
