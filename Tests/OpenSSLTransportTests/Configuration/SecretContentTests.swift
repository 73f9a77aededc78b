import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("No error quotes what a file or value holds")
struct SecretContentTests {
    /// What becomes of a key on its way through environment variables, editors and clipboards.
    private static let damages: [(String, @Sendable (String) -> String)] = [
        ("its line ends are spaces", { $0.replacing("\n", with: " ") }),
        ("its line ends are missing", { $0.replacing("\n", with: "") }),
        ("its line ends are two characters each", { $0.replacing("\n", with: "\\n") }),
        ("its line ends are carriage returns", { $0.replacing("\n", with: "\r") }),
        ("only the last line end is there", { $0.dropLast().replacing("\n", with: " ") + "\n" }),
        ("it is quoted, with spaces for line ends", { "\"" + $0.dropLast().replacing("\n", with: " ") + "\"" }),
        ("it is quoted", { "\"" + $0.dropLast() + "\"\n" }),
        ("its END stands in the key's line", { $0.replacing("\n-----END", with: " -----END") }),
        ("its BEGIN stands in the key's line", { $0.replacing("KEY-----\nM", with: "KEY----- M") }),
        (
            "the dashes after its BEGIN are behind the key",
            { $0.replacing("KEY-----\nM", with: "KEY M") + "-----BEGIN -----" }
        ),
        ("the key is its label", { "-----BEGIN \(Self.body($0))-----\nAAAA\n-----END \(Self.body($0))-----\n" }),
        (
            "the key is the label of its END",
            { $0.replacing("-----END PRIVATE KEY", with: "-----END \(Self.body($0))") }
        ),
        ("the key is in a label without END", { "-----BEGIN \(Self.body($0))-----\nAAAA\n" }),
        ("the key alone", { Self.body($0) }), ("the key alone, with a line end", { Self.body($0) + "\n" }),
        ("the key with END alone", { $0.split(separator: "\n").dropFirst().joined(separator: " ") }),
        ("base64 of it", { Data($0.utf8).base64EncodedString() }), ("it is cut off", { String($0.dropLast(30)) }),
    ]

    private static func body(_ pem: String) -> String {
        pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
    }

    @Test("A key in any form, as any thing, from memory, a file or a path", arguments: damages.map(\.0))
    func damagedKey(_ name: String) throws {
        let damage = try #require(Self.damages.first { $0.0 == name }?.1)
        let directory = try TemporaryDirectory()
        let identity = try TestAuthority().issue(.server())
        for kind in [KeyKind.ed25519, .p256] {
            let key = try PrivateKey(kind)
            let text = damage(key.pem)
            let path = try directory.write(text, "given")
            var secrets = Secrets()
            secrets.add(key.der, as: "key")
            let certificate = TLSConfiguration.CertificateChain.pem(identity.chainPEM)
            let roots = TLSConfiguration.TrustRoots.pem(identity.chainPEM)
            let configurations = [
                TLSConfiguration(certificate: certificate, privateKey: .pem(text)),
                TLSConfiguration(certificate: certificate, privateKey: .file(path)),
                TLSConfiguration(certificate: certificate, privateKey: .file(text)),
                TLSConfiguration(certificate: .pem(text)), TLSConfiguration(certificate: .file(path)),
                TLSConfiguration(certificate: .file(text)), TLSConfiguration(trustRoots: .pem(text)),
                TLSConfiguration(trustRoots: .file(path)), TLSConfiguration(trustRoots: .file(text)),
                TLSConfiguration(trustRoots: .directory(text)),
                TLSConfiguration(trustRoots: roots, revocationLists: .pem(text)),
            ]
            for configuration in configurations {
                let error = try #require(throws: TLSError.self) { try configuration.validate(for: .client) }
                let said = "\(error) \(configuration)"
                #expect(secrets.shown(in: said) == [], "\(said)")
                for line in key.pem.split(separator: "\n") where !line.hasPrefix("-----") {
                    // All keys of a kind begin alike.
                    #expect(!said.contains(line.suffix(12)), "\(said)")
                }
            }
        }
    }

    @Test("What flattened a key is said", arguments: [" ", "", "\\n", "\r"])
    func lineEnds(_ replacement: String) throws {
        let identity = try TestAuthority().issue(.server())
        let configuration = TLSConfiguration(
            certificate: .pem(identity.chainPEM),
            privateKey: .pem(identity.privateKey.pem.replacing("\n", with: replacement))
        )
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: .server) }
        #expect(error.message.contains("its line ends are missing"), "\(error)")
    }
}
