import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("What is said of a configuration that cannot work")
struct ConfigurationFaultTests {
    @Test(
        "A fault of the configuration is named, placed and comes with a remedy",
        arguments: files + kinds + keys + settings
    )
    func faultIsNamed(_ test: Case) throws {
        let material = try Material()
        let configuration = try test.make(material)
        let error = try #require(throws: TLSError.self) { try configuration.validate(for: test.role) }
        #expect(error.cause == test.cause, "\(error)")
        #expect(error.phase == .configuration)
        #expect(error.role == test.role)
        let text = "\(error)"
        for word in test.words { #expect(text.contains(word), "\(text)") }
        #expect(!error.hint.isEmpty)
        #expect(!text.contains("\n"))
        for secret in ["s3cret", "wr0ng"] + Self.secrets(of: material) { #expect(!text.contains(secret)) }
    }

    /// Pieces of the key that no text may contain.
    private static func secrets(of material: Material) -> [String] {
        material.key.split(separator: "\n").dropFirst().dropLast().map { String($0.prefix(16)) }
    }

    @Test("A file that may not be read is told apart, with its owner and mode")
    func permissionDenied() throws {
        let material = try Material()
        let path = try material.directory.write(material.key, "secret.key")
        // Root may read everything; a thread of root's with another user's file rights may not.
        let configuration = try material.configuration(privateKey: path)
        let certificate = material.directory.path + "/good.pem"
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: material.directory.path)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: certificate)
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        let error = try asNobody { try #require(throws: TLSError.self) { try configuration.validate(for: .server) } }
        #expect(error.cause == .fileUnreadable)
        #expect("\(error)".contains("secret.key' may not be read: Permission denied"), "\(error)")
        #expect("\(error)".contains("has mode 0"), "\(error)")
    }

    @Test("A fault is not remembered: once it is mended, the same configuration works")
    func faultIsNotRemembered() throws {
        let material = try Material()
        let configuration = try material.configuration(privateKey: material.directory.path + "/later.key")
        #expect(throws: TLSError.self) { try configuration.validate(for: .server) }
        _ = try material.directory.write(material.key, "later.key")
        try configuration.validate(for: .server)
    }

    @Test("A good passphrase, and every good form of a credential, leave nothing in OpenSSL's error queue")
    func errorQueueIsLeftEmpty() throws {
        let material = try Material()
        try material.encrypted(material.identity.privateKey.encryptedPEM(passphrase: "s3cret"), passphrase: "s3cret")
            .validate(for: .server)
        #expect(OpenSSLErrorQueue.drain() == [])
        #expect(throws: TLSError.self) {
            try material.encrypted(pemBlock("PRIVATE KEY", "!"), passphrase: nil)
                .validate(for: .server)
        }
        #expect(OpenSSLErrorQueue.drain() == [])
    }
}
