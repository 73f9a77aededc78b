import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Key log")
struct KeyLogTests {
    private let directory: TemporaryDirectory
    private let authority: TestAuthority
    private let server: TLSConfiguration

    init() throws {
        self.directory = try TemporaryDirectory()
        self.authority = try TestAuthority()
        let identity = try self.authority.issue(.server())
        self.server = TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
    }

    private func client(_ path: String?) -> TLSConfiguration {
        TLSConfiguration(trustRoots: .pem(self.authority.certificate.pem), dangerouslyLogKeysTo: path)
    }

    @Test("The secrets of each handshake are appended as lines of NSS's format, to a file that only we may read")
    func lines() throws {
        let path = self.directory.path + "/keys"
        let client = self.client(path)
        for round in 1...2 {
            _ = try MemoryHandshake(client: client, server: self.server).client.get()
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let lines = text.split(separator: "\n")
            #expect(lines.count { $0.hasPrefix("CLIENT_TRAFFIC_SECRET_0 ") } == round)
            #expect(lines.allSatisfy { $0.split(separator: " ").count == 3 })
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("Without being asked for, nothing is logged, whatever the environment says")
    func off() throws {
        let path = self.directory.path + "/keys"
        setenv("SSLKEYLOGFILE", path, 1)
        defer { unsetenv("SSLKEYLOGFILE") }
        _ = try MemoryHandshake(client: self.client(nil), server: self.server).client.get()
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A file that others may read, a link and a directory are refused")
    func refused() throws {
        let open = try self.directory.write(Array("".utf8), "open", mode: 0o644)
        let link = self.directory.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: self.directory.path + "/target")
        for path in [open, link, self.directory.path, "", "/nowhere/keys"] {
            let error = #expect(throws: TLSError.self) { try self.client(path).validate(for: .client) }
            #expect(error?.cause == .fileUnreadable)
            #expect(error?.message.contains("key log") == true)
        }
        #expect(!FileManager.default.fileExists(atPath: self.directory.path + "/target"))
    }
}
