import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("A passphrase that is in a file")
struct PassphraseFileTests {
    private let directory: TemporaryDirectory

    init() throws { self.directory = try TemporaryDirectory() }

    @Test("What is wrong with the file is said, not that the passphrase is wrong, and nothing of it is shown")
    func faults() throws {
        let fifo = self.directory.path + "/fifo"
        try #require(mkfifo(fifo, 0o600) == 0)
        let cases: [(String, String)] = [
            (self.directory.path + "/missing", "does not exist"), (self.directory.path, "is a directory"),
            (fifo, "is no regular file"),
            (try self.directory.write([0x73, 0xE9, 0x63, 0x72, 0x65, 0x74], "latin"), "Latin-1"),
            (try self.directory.write([0xEF, 0xBB, 0xBF] + Array("s3cret".utf8), "mark"), "byte order mark"),
            (try self.directory.write([0xFF, 0xFE, 0x73, 0], "utf16"), "is text in UTF-16"),
            (try self.directory.write("", "empty"), "is empty"),
            (try self.directory.write(String(repeating: "s3cret", count: 20_000), "large"), "is larger than 64 KiB"),
        ]
        for (path, words) in cases {
            let error = try #require(throws: TLSError.self) { try PassphraseFile(path: path).read(for: .server) }
            #expect(error.message.hasPrefix("the passphrase file '\(path)'"), "\(error)")
            #expect(error.message.contains(words), "\(error)")
            #expect(error.cause != .passphraseWrong && !error.hint.isEmpty)
            #expect(!"\(error)".contains("s3cret"), "\(error)")
        }
    }

    @Test(
        "Its first line counts, without the line's end",
        arguments: ["s3cret", "s3cret\n", "s3cret\r\n", "s3cret\nmore"]
    )
    func firstLine(_ text: String) throws {
        #expect(try PassphraseFile(path: self.directory.write(text, "a")).read(for: nil) == "s3cret")
    }

    @Test("A passphrase and a file for it are one too many")
    func both() throws {
        let file = try self.directory.write("s3cret", "a")
        let configuration = TLSConfiguration(passphrase: "s3cret", passphraseFile: file)
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: .client) }
        #expect(error.cause == .invalidConfiguration)
    }

    @Test("A reload reads it again, and a watch sees it")
    func reload() throws {
        let authority = try TestAuthority()
        let (first, second) = (try authority.issue(.server()), try authority.issue(.server()))
        let passphrase = try self.directory.write("one\n", "passphrase")
        let certificate = try self.directory.write(first.chainPEM, "a.pem")
        let key = try self.directory.write(first.privateKey.encryptedPEM(passphrase: "one"), "a.key")
        let server = TLSConfiguration(
            certificate: .file(certificate),
            privateKey: .file(key),
            passphraseFile: passphrase
        )
        try server.validate(for: .server)
        let before = server.fileSignatures
        #expect(before[passphrase] != nil)

        _ = try self.directory.write(second.chainPEM, "a.pem")
        _ = try self.directory.write(second.privateKey.encryptedPEM(passphrase: "another"), "a.key")
        #expect(throws: TLSError.self) { try server.reload() }
        _ = try self.directory.write("another\n", "passphrase")
        #expect(before[passphrase] != server.fileSignatures[passphrase])
        #expect(try server.reload().certificateFingerprint == second.certificate.fingerprint)
    }
}
