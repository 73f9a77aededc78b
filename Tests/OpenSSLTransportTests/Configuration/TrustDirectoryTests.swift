import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("What cannot be read in a directory of trust roots")
struct TrustDirectoryTests {
    private let directory: TemporaryDirectory
    private let good: TestAuthority

    init() throws {
        self.directory = try TemporaryDirectory()
        self.good = try TestAuthority(name: "good")
        _ = try self.directory.write(self.good.certificate.pem, "good.pem")
    }

    private var client: TLSConfiguration { TLSConfiguration(trustRoots: .directory(self.directory.path)) }

    @Test("A file that is no whole certificate is an error at the start, and names itself")
    func faults() throws {
        let pem = self.good.certificate.pem
        let cases: [(String, [UInt8], String)] = [
            ("cut.pem", Array(pem.utf8.dropLast(40)), "is cut off"), ("empty.crt", [], "is empty"),
            ("empty", [], "is empty"),
            ("cut.der", Array(self.good.certificate.der.dropLast(9)), "is damaged"),
            ("noise", [1, 2, 3, 200], "holds neither PEM nor DER"),
            ("words.pem", Array("words".utf8), "holds neither PEM"),
            ("indented", Array((" " + pem).utf8), "not at the start of a line"),
            ("damaged", Array(pem.replacing("M", with: "!").utf8), "is damaged"),
            ("two\nlines.pem", Array(pem.utf8), "is not a path"),
        ]
        for (name, content, words) in cases {
            let path = try self.directory.write(content, name)
            let error = try #require(throws: TLSError.self) { try self.client.validate(for: .client) }
            #expect(error.message.contains(words), "\(error)")
            if !name.contains("\n") { #expect(error.message.contains("'\(path)'"), "\(error)") }
            try FileManager.default.removeItem(atPath: path)
        }
        try self.client.validate(for: .client)
    }

    @Test("A file without a target, and one whose name is not UTF-8, are errors")
    func oddNames() throws {
        let link = self.directory.path + "/link.pem"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/nowhere/ca.pem")
        let missing = try #require(throws: TLSError.self) { try self.client.validate(for: .client) }
        #expect(missing.message.contains("link.pem' does not exist"), "\(missing)")
        try FileManager.default.removeItem(atPath: link)
        let bytes = Array(self.directory.path.utf8) + [UInt8(ascii: "/"), 0xE9, 0]
        let descriptor = bytes.withUnsafeBytes {
            open($0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT, 0o600)
        }
        try #require(descriptor >= 0)
        close(descriptor)
        let odd = try #require(throws: TLSError.self) { try self.client.validate(for: .client) }
        #expect(odd.message.contains("has a name that is not UTF-8"), "\(odd)")
    }

    @Test("Text, keys, revocation lists, hidden files and directories are passed over")
    func passedOver() throws {
        _ = try self.directory.write("About these authorities.\n", "README")
        _ = try self.directory.write(PrivateKey().pem, "some.key")
        _ = try self.directory.write(pemBlock("X509 CRL", "AAAA"), "0a1b2c3d.r0")
        _ = try self.directory.write("", ".hidden.pem")
        try FileManager.default.createDirectory(
            atPath: self.directory.path + "/more",
            withIntermediateDirectories: false
        )
        try self.client.validate(for: .client)
    }

    @Test("A reload with a file that is cut off keeps the old trust; one that succeeds says who came and who went")
    func reload() throws {
        let client = self.client
        let second = try TestAuthority(name: "second")
        let path = try self.directory.write(second.certificate.pem, "second.pem")
        try client.validate(for: .client)
        _ = try self.directory.write(second.certificate.pem.utf8.dropLast(40), "second.pem")
        #expect(throws: TLSError.self) { try client.reload() }
        let identity = try second.issue(.server())
        let server = TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
        #expect(try MemoryHandshake(client: client, server: server).client.get().isPeerVerified)

        try FileManager.default.removeItem(atPath: path)
        _ = try self.directory.write(TestAuthority(name: "third").certificate.pem, "third.pem")
        let reload = try client.reload()
        #expect(reload.addedTrust.count == 1 && reload.addedTrust.first?.hasPrefix("'CN=third' (SHA-256 ") == true)
        #expect(reload.removedTrust.count == 1 && reload.removedTrust.first?.hasPrefix("'CN=second' (SHA-256 ") == true)
        #expect("\(reload)".contains("trusted from now on: 'CN=third'"), "\(reload)")
        #expect("\(reload)".contains("no longer trusted: 'CN=second'"), "\(reload)")
    }
}
