import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: files that cannot be used, or hold nobody to trust", .tags(.catalogue))
struct FileRows {
    let directory: TemporaryDirectory
    let identity: Identity

    init() throws {
        self.directory = try TemporaryDirectory()
        self.identity = try CataloguePKI().issue(CataloguePKI.request(.server))
    }

    private func fault(
        certificate: String? = nil,
        privateKey: String? = nil,
        passphrase: String? = nil
    ) throws -> TLSError? {
        let configuration = TLSConfiguration(
            certificate: certificate.map { .file($0) } ?? .identity(self.identity),
            privateKey: privateKey.map { .file($0) } ?? .identity(self.identity),
            passphrase: passphrase
        )
        return #expect(throws: TLSError.self) { try configuration.validate(for: .server) }
    }

    private func expected(
        _ cause: TLSError.Cause,
        _ message: String,
        hint: String,
        code: String? = nil,
        subject: String? = nil
    ) -> Expectation {
        Expectation(cause, phase: .configuration, message, hint: hint, code: code, subject: subject)
    }

    @Test("7. There is nobody to trust: that is said before anything is dialled")
    func noTrustRoots() throws {
        let nowhere = SystemTrust(file: nil, directory: nil, usualFiles: [], usualDirectory: "/nowhere")
        try expect(
            #expect(throws: TLSError.self) { try nowhere.certificates(role: .client) },
            as: .client,
            Expectation(
                .noTrustRoots,
                phase: .configuration,
                "the system has no trust roots: 0 were found",
                hint: "Install the package ca-certificates"
            )
        )
        let empty = TLSConfiguration(trustRoots: [])
        try expect(
            #expect(throws: TLSError.self) { try empty.validate(for: .client) },
            as: .client,
            Expectation(
                .noTrustRoots,
                phase: .configuration,
                "the list of trust roots is empty",
                hint: "Name at least one"
            )
        )
    }

    @Test("29. A file is missing: the path is named, and where a relative one starts")
    func missing() throws {
        try expect(
            fault(certificate: "/nowhere/a.pem"),
            as: .server,
            expected(
                .fileUnreadable,
                "the certificate file '/nowhere/a.pem' does not exist",
                hint: "Check the path."
            )
        )
        let here = FileManager.default.currentDirectoryPath
        try expect(
            fault(privateKey: "nowhere/a.key"),
            as: .server,
            expected(
                .fileUnreadable,
                "the private key file 'nowhere/a.key' (from '\(here)') does not exist",
                hint: "give it whole, from /"
            )
        )
    }

    @Test("30. A file may not be read: who may is said")
    func permissionDenied() throws {
        let path = try directory.write(identity.privateKey.pem.utf8, "secret.key", mode: 0)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path)
        try expect(
            asNobody { try fault(privateKey: path) },
            as: .server,
            expected(
                .fileUnreadable,
                "the private key file '\(path)' may not be read: Permission denied",
                hint: "it belongs to user \(geteuid()), group \(getegid()), and has mode 0"
            )
        )
    }

    @Test("31. A file holds something else than the certificate that it should")
    func wrongKind() throws {
        func holds(_ bytes: some Collection<UInt8>, _ message: String, hint: String) throws {
            let path = try directory.write(bytes, "a.pem")
            try expect(
                fault(certificate: path),
                as: .server,
                expected(.wrongFileKind, "the certificate file '\(path)' \(message)", hint: hint)
            )
        }
        try holds("hello\n".utf8, "holds neither PEM nor DER", hint: "starts with a line '-----BEGIN CERTIFICATE-----'")
        try holds("".utf8, "is empty", hint: "Write the certificate to it")
        try holds(identity.privateKey.pem.utf8, "holds a private key, no certificate", hint: "are not swapped")
        try expect(
            fault(certificate: directory.path),
            as: .server,
            expected(
                .fileUnreadable,
                "the certificate file '\(directory.path)' is a directory",
                hint: "Name the file in it"
            )
        )
        let asText = TLSConfiguration(
            certificate: .pem(identity.certificate.der),
            privateKey: .identity(identity)
        )
        try expect(
            #expect(throws: TLSError.self) { try asText.validate(for: .server) },
            as: .server,
            expected(
                .wrongFileKind,
                "the certificate (PEM text in memory) holds DER, not PEM",
                hint: "Give it with .der(…)"
            )
        )
        // A file of DER is simply read.
        let der = try directory.write(identity.certificate.der, "a.der")
        try TLSConfiguration(certificate: .file(der), privateKey: .identity(identity)).validate(for: .server)
    }

    @Test("32. The key's file holds a certificate")
    func certificateAsKey() throws {
        let path = try directory.write(identity.chainPEM.utf8, "a.key")
        try expect(
            fault(privateKey: path),
            as: .server,
            expected(
                .wrongFileKind,
                "the private key file '\(path)' holds a certificate, no private key",
                hint: "Check that certificate and privateKey are not swapped"
            )
        )
        let list = try directory.write(RevocationList(by: CataloguePKI().issuer).pem, "b.key")
        try expect(
            fault(privateKey: list),
            as: .server,
            expected(
                .wrongFileKind,
                "the private key file '\(list)' holds a revocation list, no private key",
                hint: "Name the private key instead, and the list as revocationLists"
            )
        )
    }

    @Test("33. The key is another certificate's; or one of the two is missing")
    func mismatch() throws {
        let path = try directory.write(PrivateKey().pem, "other.key")
        try expect(
            fault(privateKey: path),
            as: .server,
            expected(
                .keyMismatch,
                "the certificate (PEM text in memory) is for another key (EC, SHA-256 of the public key HASH) than the private "
                    + "key file '\(path)' holds (EC, SHA-256 of the public key HASH)",
                hint: "Give the key with which the certificate was requested",
                code: "05800074",
                subject: "CN=faulty"
            )
        )
        let keyless = TLSConfiguration(certificate: .identity(identity))
        try expect(
            #expect(throws: TLSError.self) { try keyless.validate(for: .server) },
            as: .server,
            expected(
                .privateKeyMissing,
                "the certificate (PEM text in memory) comes without a private key",
                hint: "Give its key as privateKey"
            )
        )
        let lone = TLSConfiguration(privateKey: .identity(identity))
        try expect(
            #expect(throws: TLSError.self) { try lone.validate(for: .client) },
            as: .client,
            expected(
                .certificateMissing,
                "a private key is given, but no certificate",
                hint: "Give the key's certificate too"
            )
        )
    }

    @Test("34. A key is encrypted, and its passphrase is missing or wrong: nothing prompts for it")
    func encrypted() throws {
        let keys = [
            try identity.privateKey.encryptedPEM(passphrase: "s3cret"),
            try identity.privateKey.traditionalPEM(passphrase: "s3cret"),
        ]
        for key in keys {
            let path = try directory.write(key, "encrypted.key")
            try expect(
                fault(privateKey: path),
                as: .server,
                expected(
                    .passphraseMissing,
                    "the private key file '\(path)' is encrypted, and no passphrase is given",
                    hint: "Give its passphrase"
                )
            )
            for wrong in ["wr0ng", ""] {
                try expect(
                    fault(privateKey: path, passphrase: wrong),
                    as: .server,
                    expected(
                        .passphraseWrong,
                        "the private key file '\(path)' does not open with the passphrase that is given",
                        hint: "Check the passphrase"
                    )
                )
            }
        }
    }

    @Test("35. The directory of trust roots does not exist, which OpenSSL takes in silence")
    func trustDirectory() throws {
        let system = SystemTrust(file: nil, directory: "/nowhere/certs", usualFiles: [], usualDirectory: nil)
        try expect(
            #expect(throws: TLSError.self) { try system.certificates(role: .client) },
            as: .client,
            expected(
                .noTrustRoots,
                "the system has no trust roots: 0 were found in '/nowhere/certs' (SSL_CERT_DIR), which does not exist",
                hint: "Install the package ca-certificates, or name your authority's certificate as trustRoots"
            )
        )
        let named = TLSConfiguration(trustRoots: "/nowhere/certs")
        try expect(
            #expect(throws: TLSError.self) { try named.validate(for: .client) },
            as: .client,
            expected(.fileUnreadable, "the trust roots file '/nowhere/certs' does not exist", hint: "Check the path")
        )
    }
}
