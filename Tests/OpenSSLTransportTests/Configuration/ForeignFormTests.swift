import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Forms of certificates and keys that others write")
struct ForeignFormTests {
    private let identity: Identity

    init() throws { self.identity = try TestAuthority().issue(.server()) }

    private func message(of content: some Sequence<UInt8>, isKey: Bool = false) throws -> String {
        let path = try TemporaryDirectory().path  // gone again: what is asked about comes from memory where it can
        let directory = try TemporaryDirectory()
        let file = try directory.write(content, "given")
        let configuration = TLSConfiguration(
            certificate: isKey ? .identity(self.identity) : .file(file),
            privateKey: isKey ? .file(file) : .identity(self.identity)
        )
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: .server) }
        #expect(!"\(error)".contains(path))
        return "\(error)"
    }

    @Test("Each is called by its name")
    func names() throws {
        let pem = self.identity.chainPEM
        let body = pem.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined(separator: "\n")
        let cases: [([UInt8], String)] = [
            (Array("\"\(pem.dropLast())\"\n".utf8), "in quotation marks"),
            (Array("'\(pem)'".utf8), "in quotation marks"),
            ([0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2], "Java's (JKS)"),
            (Array(Data(pem.utf8).base64EncodedString().utf8), "PEM in base64 once more"),
            (
                Array(Data(pem.utf8).base64EncodedString(options: .lineLength76Characters).utf8),
                "PEM in base64 once more"
            ),
            (Array(body.utf8), "base64 without the lines that PEM has around it"),
            (Array((pem + "  " + pem).utf8), "not at the start of a line, but in the middle of line"),
        ]
        for (content, words) in cases {
            let message = try self.message(of: content)
            #expect(message.contains(words), "\(message)")
        }
    }

    @Test("A byte order mark inside a bundle, where files were joined, does no harm")
    func markInBundle() throws {
        let other = try TestAuthority().certificate
        let text = "\u{FEFF}" + self.identity.certificate.pem + "\u{FEFF}" + other.pem
        let reader = CredentialReader(kind: .trustRoots, source: .pem(Array(text.utf8)), role: .client)
        #expect(try reader.certificates().count == 2)
    }

    @Test("A key in version 2 of PKCS#8 is called that, in PEM and DER")
    func secondVersion() throws {
        // As in RFC 8410, section 10.3: an Ed25519 key with its public half behind it, both made up.
        let halves = (0..<2).map { _ in (0..<32).map { _ in UInt8.random(in: 0...255) } }
        let der: [UInt8] =
            [0x30, 0x51, 2, 1, 1, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20] + halves[0] + [0x81, 0x21, 0]
            + halves[1]
        let label = "PRIVATE KEY"
        let pem = "-----BEGIN \(label)-----\n\(Data(der).base64EncodedString())\n-----END \(label)-----\n"
        for content in [Array(pem.utf8), der] {
            let message = try self.message(of: content, isKey: true)
            // A newer OpenSSL reads it, and finds that it is not the certificate's.
            #expect(message.contains("version 2 of PKCS#8") || message.contains("holds (ED25519"), "\(message)")
        }
    }
}
