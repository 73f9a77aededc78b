import Foundation
import SecureChannel
import TestCertificates
import Testing

/// Whatever is wrong with a configuration, its errors and what it prints show neither a key nor a passphrase.
@Suite("Secrets in configurations", .timeLimit(.minutes(2)))
struct ConfigurationSecretsTests {
    private static let passphrase = "correct horse battery"
    private static let wrongPassphrase = "incorrect donkey cell"
    private static let longPassphrase = String(repeating: "tr0ub4dor&3 ", count: 100)

    private let authority: TestAuthority
    private let identity: Identity
    private let other: Identity
    private let old: Identity
    private let secrets: Secrets
    private let directory: String

    init() throws {
        authority = try TestAuthority()
        identity = try authority.issue(.server())
        other = try authority.issue(.client())
        old = try authority.issue(.server(key: .rsa(bits: 2048)))
        var secrets = Secrets()
        try secrets.add(identity, as: "key")
        try secrets.add(other, as: "other key")
        try secrets.add(old, as: "RSA key")
        for text in [Self.passphrase, Self.wrongPassphrase, Self.longPassphrase] { secrets.add(text, as: "passphrase") }
        self.secrets = secrets
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("sc-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    }

    private func file(_ name: String, _ content: [UInt8], mode: Int = 0o600) throws -> String {
        let path = "\(directory)/\(name)"
        try Data(content).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    private func file(_ name: String, _ content: String) throws -> String { try file(name, Array(content.utf8)) }

    /// What somebody gives for a private key, right or wrong.
    private func keys() throws -> [(key: TLSConfiguration.PrivateKey, passphrase: String?)] {
        let pem = identity.privateKey.pem
        let encrypted = try identity.privateKey.encryptedPEM(passphrase: Self.passphrase)
        let traditional = try identity.privateKey.traditionalPEM(passphrase: Self.passphrase)
        let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
        return [
            (.pem(pem), nil), (.pem(pem), Self.passphrase), (.der(identity.privateKey.der), nil),
            (.pem(try identity.privateKey.traditionalPEM()), nil),
            // Encrypted: opened, not opened, not to be opened.
            (.pem(encrypted), Self.passphrase), (.pem(encrypted), Self.wrongPassphrase), (.pem(encrypted), nil),
            (.pem(encrypted), ""), (.pem(encrypted), Self.longPassphrase), (.pem(traditional), Self.passphrase),
            (.pem(traditional), Self.wrongPassphrase), (.pem(traditional), nil),
            (.file(try file("encrypted.key", encrypted)), Self.wrongPassphrase),
            (.file(try file("plain.key", pem)), Self.passphrase),
            // Text where a path belongs.
            (.file(pem), nil), (.file(encrypted), Self.wrongPassphrase), (.file(body), nil),
            (.file(String(pem.dropFirst(30))), nil), (.file(pem.replacing("\n", with: " ")), nil),
            // Another's key, a damaged one, one under a wrong name, two of them, one among other things.
            (.pem(other.privateKey.pem), nil), (.pem(old.privateKey.pem), nil), (.pem(String(pem.dropLast(40))), nil),
            (.pem(pem.replacing("PRIVATE KEY", with: "CERTIFICATE")), nil),
            (.pem(pem.replacing("PRIVATE KEY", with: "EC PRIVATE KEY")), nil),
            (.pem(pem.replacing("PRIVATE KEY", with: "ENCRYPTED PRIVATE KEY")), Self.passphrase),
            (.pem(pem.replacing("PRIVATE KEY", with: "NOVELTY")), nil), (.pem(pem + other.privateKey.pem), nil),
            (.pem("\(body)\n"), nil), (.pem(body), nil), (.pem(identity.privateKey.der), nil),
            (.der(Array(pem.utf8)), nil), (.der(Array(identity.privateKey.der.dropLast(9))), nil),
            (.der(identity.privateKey.der + [0]), nil), (.file(try file("key.der", identity.privateKey.der)), nil),
            (.file(try file("cut.der", Array(identity.privateKey.der.prefix(60)))), nil),
            (.pem(identity.chainPEM), nil),
        ]
    }

    /// Keys where certificates belong.
    private func certificates() throws -> [TLSConfiguration.CertificateChain] {
        let pem = identity.privateKey.pem
        return [
            .pem(pem), .der(identity.privateKey.der), .file(pem), .file(try file("key.pem", pem)),
            .file(try file("key.as-certificate.der", identity.privateKey.der)),
            .pem(pem.replacing("PRIVATE KEY", with: "CERTIFICATE")), .pem(identity.chainPEM + pem),
            .file(try file("both.pem", identity.chainPEM + pem)), .pem(pem + identity.chainPEM),
            .der([identity.certificate.der, identity.privateKey.der]),
        ]
    }

    private func roots() throws -> [TLSConfiguration.TrustRoots] {
        let pem = identity.privateKey.pem
        return [
            .pem(pem), .der(identity.privateKey.der), .file(pem), .file(try file("roots.pem", pem)),
            .pem(pem.replacing("PRIVATE KEY", with: "CERTIFICATE")), .pem(authority.certificate.pem + pem),
            .directory(directory), .directory(pem), [.pem(authority.certificate.pem), .pem(pem)],
        ]
    }

    /// Prints a configuration in every way, and what becomes of it in both roles.
    private func use(_ tls: TLSConfiguration, _ utterances: Utterances) async {
        utterances.note(tls)
        utterances.note([tls])
        let (server, client) = (Address.tls("127.0.0.1", 0, tls), Address.tls("127.0.0.1", 1, tls))
        let configuration = ChannelConfiguration(logger: utterances.logger)
        utterances.note(client)
        await utterances.noteError {
            let server = try await startServer(server, configuration: .init(channel: configuration)) { _ in }
            utterances.note(server.address)
            await server.shutDown(gracePeriod: .zero)
        }
        await utterances.noteError { _ = try await openChannel(client, configuration: configuration) }
        for role in [TLSRole.server, .client] {
            await utterances.noteError { try tls.validate(for: role) }
            await utterances.noteError { utterances.note(try tls.reload()) }
        }
    }

    @Test("A private key and its passphrase, in every form and out of place, are never shown")
    func privateKeys() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let utterances = Utterances()
        for (key, passphrase) in try keys() {
            utterances.note(key)
            let tls = TLSConfiguration(
                certificate: .pem(identity.chainPEM),
                privateKey: key,
                passphrase: passphrase,
                trustRoots: .pem(authority.certificate.pem)
            )
            await use(tls, utterances)
        }
        utterances.expectNone(of: secrets)
        #expect(utterances.all.contains("passphraseWrong") && utterances.all.contains("keyMismatch"))
    }

    @Test("A private key given as a certificate, as trust roots or as a revocation list is never shown")
    func otherPlaces() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let utterances = Utterances()
        let (key, pem) = (TLSConfiguration.PrivateKey.pem(identity.privateKey.pem), identity.privateKey.pem)
        for certificate in try certificates() {
            utterances.note(certificate)
            await use(TLSConfiguration(certificate: certificate, privateKey: key), utterances)
            await use(TLSConfiguration(certificate: certificate, passphrase: Self.passphrase), utterances)
        }
        for roots in try roots() {
            utterances.note(roots)
            await use(
                TLSConfiguration(certificate: .pem(identity.chainPEM), privateKey: key, trustRoots: roots),
                utterances
            )
        }
        let list = try file("list.pem", pem)
        for lists in [
            TLSConfiguration.RevocationLists.pem(pem), .file(list), .file(pem), .der([identity.privateKey.der]),
        ] {
            utterances.note(lists)
            let tls = TLSConfiguration(
                certificate: .pem(identity.chainPEM),
                privateKey: key,
                trustRoots: .pem(authority.certificate.pem),
                revocationLists: lists
            )
            await use(tls, utterances)
        }
        utterances.expectNone(of: secrets)
        #expect(utterances.all.contains("wrongFileKind"))
    }

    @Test("Replacing a certificate and key by ones that do not fit shows neither")
    func replacing() async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let utterances = Utterances()
        let tls = TLSConfiguration(certificate: .pem(identity.chainPEM), privateKey: .pem(identity.privateKey.pem))
        try tls.validate(for: .server)
        for (key, passphrase) in try keys() {
            await utterances.noteError {
                utterances.note(
                    try tls.replace(certificate: .pem(identity.chainPEM), privateKey: key, passphrase: passphrase)
                )
            }
            await utterances.noteError { utterances.note(try tls.replace(privateKey: key, passphrase: passphrase)) }
        }
        utterances.note(tls)
        utterances.expectNone(of: secrets)
        #expect(utterances.all.contains("keyMismatch"))
    }
}
