import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

// All that can be wrong with a configuration, what it is called, and which words have to be in its error.

extension ConfigurationFaultTests {
    /// What a case may use to make its configuration.
    struct Material: Sendable {
        let directory: TemporaryDirectory
        let authority: TestAuthority
        let identity: Identity
        var certificate: String { self.identity.chainPEM }
        var key: String { self.identity.privateKey.pem }

        init() throws {
            self.directory = try TemporaryDirectory()
            self.authority = try TestAuthority()
            self.identity = try self.authority.issue(.server())
        }

        func configuration(certificate: String? = nil, privateKey: String? = nil) throws -> TLSConfiguration {
            TLSConfiguration(
                certificate: .file(try certificate ?? self.directory.write(self.certificate, "good.pem")),
                privateKey: .file(try privateKey ?? self.directory.write(self.key, "good.key"))
            )
        }

        /// An identity whose key `passphrase` opens.
        func encrypted(_ key: String, passphrase: String?) throws -> TLSConfiguration {
            TLSConfiguration(
                certificate: .pem(self.certificate),
                privateKey: .file(try self.directory.write(key, "encrypted.key")),
                passphrase: passphrase
            )
        }

        func trusting(_ bytes: some Sequence<UInt8>) throws -> TLSConfiguration {
            TLSConfiguration(
                certificate: .identity(self.identity),
                privateKey: .identity(self.identity),
                trustRoots: .file(try self.directory.write(bytes, "roots.pem"))
            )
        }
    }

    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var role = TLSRole.server
        var cause: TLSError.Cause
        var words: [String]
        var make: @Sendable (Material) throws -> TLSConfiguration

        init(
            _ name: String,
            role: TLSRole = .server,
            _ cause: TLSError.Cause,
            _ words: [String],
            _ make: @escaping @Sendable (Material) throws -> TLSConfiguration
        ) {
            self.name = name
            self.role = role
            self.cause = cause
            self.words = words
            self.make = make
        }

        var testDescription: String { self.name }
    }

    static let files: [Case] = [
        Case(
            "the certificate's file is missing",
            .fileUnreadable,
            ["certificate file '/nowhere/a.pem' does not exist", "Check the path"]
        ) {
            try $0.configuration(certificate: "/nowhere/a.pem")
        },
        Case(
            "a relative path is explained by the working directory",
            .fileUnreadable,
            ["'certs/none.pem' (from '/", "give it whole"]
        ) {
            try $0.configuration(certificate: "certs/none.pem")
        },
        Case("the key's file is missing", .fileUnreadable, ["private key file '/nowhere/a.key' does not exist"]) {
            try $0.configuration(privateKey: "/nowhere/a.key")
        },
        Case(
            "the trust roots' file is missing",
            role: .client,
            .fileUnreadable,
            ["trust roots file '/nowhere/ca.pem' does not exist"]
        ) { _ in
            TLSConfiguration(trustRoots: "/nowhere/ca.pem")
        },
        Case(
            "one of several trust roots is missing",
            role: .client,
            .fileUnreadable,
            ["'/nowhere/ca.pem' does not exist"]
        ) {
            TLSConfiguration(trustRoots: [.pem($0.authority.certificate.pem), "/nowhere/ca.pem"])
        },
        Case("a directory", .fileUnreadable, ["is a directory", "Name the file in it"]) {
            try $0.configuration(certificate: $0.directory.path)
        },
        Case("a device", .fileUnreadable, ["is no regular file"]) { try $0.configuration(certificate: "/dev/zero") },
        Case("a pipe that nobody writes to", .fileUnreadable, ["is no regular file"]) {
            let path = $0.directory.path + "/pipe"
            mkfifo(path, 0o600)
            return try $0.configuration(privateKey: path)
        },
        Case("a part of the path is a file", .fileUnreadable, ["cannot be read: Not a directory"]) {
            try $0.configuration(certificate: $0.directory.write($0.certificate, "a.pem") + "/b.pem")
        },
        Case("an empty path", .fileUnreadable, ["has an empty path"]) { try $0.configuration(certificate: "") },
        Case("a path with a NUL", .fileUnreadable, ["has a NUL in its path", "a.pem\\0b"]) {
            try $0.configuration(certificate: $0.directory.write($0.certificate, "a.pem") + "\0b")
        },
        Case("a certificate of more than 1 MiB", .fileUnreadable, ["is larger than 1 MiB"]) {
            let padding = String(repeating: "# padding\n", count: 110_000)
            return try $0.configuration(certificate: $0.directory.write(padding + $0.certificate, "large.pem"))
        },
        Case("an empty file", .wrongFileKind, ["is empty"]) {
            try $0.configuration(certificate: $0.directory.write("", "empty.pem"))
        },
        Case("a file of white space", .wrongFileKind, ["is empty"]) {
            try $0.configuration(privateKey: $0.directory.write(" \n\n", "empty.key"))
        },
    ]

    static let kinds: [Case] = [
        Case("text", .wrongFileKind, ["holds neither PEM nor DER", "-----BEGIN CERTIFICATE-----"]) {
            try $0.configuration(certificate: $0.directory.write("hello\n", "a.pem"))
        },
        Case("noise that begins like DER", .wrongFileKind, ["is damaged"]) {
            try $0.configuration(certificate: $0.directory.write([0x30, 0x82, 1, 2, 3], "a.pem"))
        },
        Case("a key as certificate", .wrongFileKind, ["holds a private key, no certificate", "not swapped"]) {
            try $0.configuration(certificate: $0.directory.write($0.key, "a.pem"))
        },
        Case("a key as certificate, in DER", .wrongFileKind, ["holds a private key, no certificate"]) {
            try $0.configuration(certificate: $0.directory.write($0.identity.privateKey.der, "a.der"))
        },
        Case("a certificate as key", .wrongFileKind, ["holds a certificate, no private key", "not swapped"]) {
            try $0.configuration(privateKey: $0.directory.write($0.certificate, "a.key"))
        },
        Case("a certificate as key, in DER", .wrongFileKind, ["holds a certificate, no private key"]) {
            try $0.configuration(privateKey: $0.directory.write($0.identity.certificate.der, "a.key"))
        },
        Case("a key as trust roots", .wrongFileKind, ["trust roots file", "holds a private key, no certificate"]) {
            try $0.trusting($0.key.utf8)
        },
        Case("a certificate request", .wrongFileKind, ["holds a certificate request", "Have an authority sign it"]) {
            let key = try $0.directory.write($0.key, "a.key")
            let request = try openssl("req", "-new", "-key", key, "-subj", "/CN=a")
            return try $0.configuration(certificate: $0.directory.write(request, "a.csr"))
        },
        Case("a certificate request in DER", .wrongFileKind, ["holds a certificate request"]) {
            let key = try $0.directory.write($0.key, "a.key")
            let request = try openssl("req", "-new", "-key", key, "-subj", "/CN=a", "-outform", "DER")
            return try $0.configuration(certificate: $0.directory.write(request, "a.csr"))
        },
        Case("PKCS#12 as revocation lists", role: .client, .wrongFileKind, ["holds PKCS#12, no revocation list"]) {
            let both = try $0.directory.write($0.key + $0.certificate, "both.pem")
            let bundle = try openssl("pkcs12", "-export", "-in", both, "-passout", "pass:secret")
            let file = try $0.directory.write(bundle, "a.p12")
            return TLSConfiguration(trustRoots: .pem($0.authority.certificate.pem), revocationLists: .file(file))
        },
        Case("PKCS#7", .wrongFileKind, ["holds PKCS#7", "openssl pkcs7"]) {
            let certificate = try $0.directory.write($0.certificate, "a.pem")
            return try $0.configuration(
                certificate: $0.directory.write(openssl("crl2pkcs7", "-nocrl", "-certfile", certificate), "a.p7b")
            )
        },
        Case("a public key", .wrongFileKind, ["holds a public key, no private key"]) {
            let key = try $0.directory.write($0.key, "a.key")
            return try $0.configuration(privateKey: $0.directory.write(openssl("pkey", "-in", key, "-pubout"), "a.pub"))
        },
        Case("OpenSSH's kind of key", .wrongFileKind, ["OpenSSH's own form", "ssh-keygen"]) {
            let text = pemBlock("OPENSSH PRIVATE KEY", "b3BlbnNzaA==")
            return try $0.configuration(privateKey: $0.directory.write(text, "id"))
        },
        Case("an unknown kind of PEM", .wrongFileKind, ["holds PEM of an unknown kind"]) {
            let text = "-----BEGIN SOMETHING ELSE-----\nAAAA\n-----END SOMETHING ELSE-----\n"
            return try $0.configuration(certificate: $0.directory.write(text, "a.pem"))
        },
        Case("text in UTF-16", .wrongFileKind, ["UTF-16"]) {
            let text = $0.certificate.utf16.flatMap { unit -> [UInt8] in [UInt8(truncatingIfNeeded: unit), 0] }
            return try $0.configuration(certificate: $0.directory.write([0xFF, 0xFE] + text, "a.pem"))
        },
        Case("an indented BEGIN", .wrongFileKind, ["BEGIN not at the start of a line"]) {
            let text = $0.certificate.split(separator: "\n").map { "    \($0)\n" }.joined()
            return try $0.configuration(certificate: $0.directory.write(text, "a.pem"))
        },
        Case("a certificate whose base64 is damaged", .wrongFileKind, ["is damaged", "certificate of line 1"]) {
            try $0.configuration(certificate: $0.directory.write($0.certificate.replacing("M", with: "!"), "a.pem"))
        },
        Case("a key whose base64 is damaged", .wrongFileKind, ["is damaged", "private key of line 1"]) {
            try $0.configuration(privateKey: $0.directory.write($0.key.replacing("M", with: "!"), "a.key"))
        },
        Case("a block that is cut off after a good one", .wrongFileKind, ["is cut off", "has no END"]) {
            try $0.configuration(certificate: $0.directory.write($0.certificate + $0.certificate.prefix(200), "a.pem"))
        },
        Case("binary after a good block", .wrongFileKind, ["has bytes that are no text"]) {
            try $0.configuration(certificate: $0.directory.write(Array($0.certificate.utf8) + [0, 1, 2], "a.pem"))
        },
        Case("bytes after the end of DER", .wrongFileKind, ["has bytes after the end of the certificate"]) {
            try $0.configuration(certificate: $0.directory.write($0.identity.certificate.der + [0], "a.der"))
        },
        Case("bytes after the end of a key in DER", .wrongFileKind, ["has bytes after the end of the private key"]) {
            try $0.configuration(privateKey: $0.directory.write($0.identity.privateKey.der + [0], "a.der"))
        },
        Case("DER given as PEM text", .wrongFileKind, ["holds DER, not PEM", ".der("]) {
            TLSConfiguration(certificate: .pem($0.identity.certificate.der), privateKey: .identity($0.identity))
        },
        Case("PEM text given as a path", .fileUnreadable, ["PEM text given as a file's path", "Give text with .pem("]) {
            try $0.configuration(privateKey: $0.key)
        },
        Case("two keys in one file", .wrongFileKind, ["holds 2 private keys"]) {
            try $0.configuration(privateKey: $0.directory.write($0.key + $0.key, "a.key"))
        },
        Case("damage in a trust root after a good one", .wrongFileKind, ["is damaged", "certificate of line 1"]) {
            let good = $0.authority.certificate.pem
            return try $0.trusting((good + good.replacing("M", with: "!")).utf8)
        },
    ]

    static let keys: [Case] = [
        Case("another key of the same kind", .keyMismatch, ["is for another key (EC, SHA-256", "holds (EC, SHA-256"]) {
            try $0.configuration(privateKey: $0.directory.write(PrivateKey().pem, "other.key"))
        },
        Case("a key of another kind", .keyMismatch, ["is for another key (EC", "holds (RSA"]) {
            try $0.configuration(privateKey: $0.directory.write(PrivateKey(.rsa(bits: 2048)).pem, "other.key"))
        },
        Case("a chain in the wrong order", .keyMismatch, ["The key is certificate 2's of the file: put that one first"])
        {
            let identity = try $0.authority.intermediate().issue(.server())
            return try $0.configuration(
                certificate: $0.directory.write(identity.chain.reversed().map(\.pem).joined(), "a.pem"),
                privateKey: $0.directory.write(identity.privateKey.pem, "a.key")
            )
        },
        Case("an encrypted key without a passphrase", .passphraseMissing, ["is encrypted, and no passphrase is given"])
        {
            try $0.encrypted($0.identity.privateKey.encryptedPEM(passphrase: "s3cret"), passphrase: nil)
        },
        Case("an old encrypted key without a passphrase", .passphraseMissing, ["is encrypted"]) {
            try $0.encrypted($0.identity.privateKey.traditionalPEM(passphrase: "s3cret"), passphrase: nil)
        },
        Case("an encrypted key with a wrong passphrase", .passphraseWrong, ["does not open with the passphrase"]) {
            try $0.encrypted($0.identity.privateKey.encryptedPEM(passphrase: "s3cret"), passphrase: "wr0ng")
        },
        Case("an old encrypted key with a wrong passphrase", .passphraseWrong, ["does not open with the passphrase"]) {
            try $0.encrypted($0.identity.privateKey.traditionalPEM(passphrase: "s3cret"), passphrase: "wr0ng")
        },
        Case("an encrypted key with an empty passphrase", .passphraseWrong, ["does not open with the passphrase"]) {
            try $0.encrypted($0.identity.privateKey.encryptedPEM(passphrase: "s3cret"), passphrase: "")
        },
        Case("an encrypted key in DER without a passphrase", .passphraseMissing, ["is encrypted"]) {
            let key = try $0.directory.write($0.key, "a.key")
            let der = try openssl("pkcs8", "-topk8", "-in", key, "-outform", "DER", "-passout", "pass:s3cret")
            return TLSConfiguration(certificate: .identity($0.identity), privateKey: .der(der))
        },
        Case("an encrypted key in DER with a wrong passphrase", .passphraseWrong, ["does not open"]) {
            let key = try $0.directory.write($0.key, "a.key")
            let der = try openssl("pkcs8", "-topk8", "-in", key, "-outform", "DER", "-passout", "pass:s3cret")
            return TLSConfiguration(certificate: .identity($0.identity), privateKey: .der(der), passphrase: "wr0ng")
        },
        Case("a passphrase of more than 1,023 bytes", .invalidConfiguration, ["longer than 1023 bytes"]) {
            try $0.encrypted($0.key, passphrase: String(repeating: "s3cret", count: 171))
        },
        Case("a server without a certificate", .certificateMissing, ["a server needs a certificate"]) { _ in
            TLSConfiguration()
        },
        Case(
            "a key without a certificate",
            role: .client,
            .certificateMissing,
            ["a private key is given, but no certificate"]
        ) {
            TLSConfiguration(privateKey: .identity($0.identity))
        },
        Case(
            "a certificate without a key",
            role: .client,
            .privateKeyMissing,
            ["comes without a private key", "privateKey"]
        ) {
            TLSConfiguration(certificate: .identity($0.identity))
        },
        Case(
            "an expired certificate",
            .ownCertificateExpired,
            ["has expired: 'CN=localhost' was valid until", "the clock of this host"]
        ) {
            let identity = try $0.authority.issue(.server(validity: .expired))
            return TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
        },
        Case("a certificate that is not valid yet", .ownCertificateNotYetValid, ["is not valid yet", "is valid from"]) {
            let identity = try $0.authority.issue(.server(validity: .notYet))
            return TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
        },
        Case("a weak key", .certificateTooWeak, ["too weak for OpenSSL's security level 2", "has 1024 bits"]) {
            let identity = try $0.authority.issue(.server(key: .rsa(bits: 1024)))
            return TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
        },
    ]

    static let settings: [Case] = [
        Case("required client certificates without trust", .noTrustRoots, ["no trust roots to verify them with"]) {
            TLSConfiguration(
                certificate: .identity($0.identity),
                privateKey: .identity($0.identity),
                clientCertificates: .required
            )
        },
        Case("optional client certificates without trust", .noTrustRoots, ["no trust roots to verify them with"]) {
            TLSConfiguration(
                certificate: .identity($0.identity),
                privateKey: .identity($0.identity),
                clientCertificates: .optional
            )
        },
        Case("client certificates that are not verified", .invalidConfiguration, ["verification is dangerouslyNone"]) {
            TLSConfiguration(
                certificate: .identity($0.identity),
                privateKey: .identity($0.identity),
                trustRoots: .pem($0.authority.certificate.pem),
                verification: .dangerouslyNone
            )
        },
        Case("an empty list of trust roots", role: .client, .noTrustRoots, ["the list of trust roots is empty"]) { _ in
            TLSConfiguration(trustRoots: [])
        },
        Case(
            "a minimum above the maximum",
            role: .client,
            .invalidConfiguration,
            ["TLS 1.3, is above the maximum version, TLS 1.2"]
        ) { _ in
            TLSConfiguration(minimumVersion: .tls13, maximumVersion: .tls12)
        },
        Case("an empty application protocol", role: .client, .invalidConfiguration, ["is 0 bytes long", "1 to 255"]) {
            _ in
            TLSConfiguration(applicationProtocols: ["a", ""])
        },
        Case("an application protocol of 256 bytes", .invalidConfiguration, ["is 256 bytes long"]) { _ in
            TLSConfiguration(applicationProtocols: [String(repeating: "a", count: 256)])
        },
        Case("too many application protocols", role: .client, .invalidConfiguration, ["too many application protocols"])
        { _ in
            TLSConfiguration(applicationProtocols: Array(repeating: String(repeating: "a", count: 255), count: 256))
        },
        Case("an empty server name", role: .client, .invalidConfiguration, ["serverName '' is empty"]) { _ in
            TLSConfiguration(serverName: "")
        },
        Case("a timeout of nothing", role: .client, .invalidConfiguration, ["handshake timeout is not above zero"]) {
            _ in
            TLSConfiguration(handshakeTimeout: .zero)
        },
    ]
}

/// A PEM block that holds nothing of worth.
func pemBlock(_ label: String, _ body: String) -> String {
    "-----BEGIN \(label)-----\n\(body)\n-----END \(label)-----\n"
}
