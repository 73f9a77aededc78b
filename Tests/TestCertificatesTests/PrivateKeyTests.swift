internal import COpenSSL
internal import Foundation
internal import Testing

@testable internal import TestCertificates

@Suite("Private keys")
struct PrivateKeyTests {
    static let kinds: [(KeyKind, label: String)] = [
        (.p256, "EC PRIVATE KEY"), (.p384, "EC PRIVATE KEY"), (.rsa(bits: 2048), "RSA PRIVATE KEY"),
        (.rsa(bits: 1024), "RSA PRIVATE KEY"), (.ed25519, "PRIVATE KEY"),
    ]

    @Test("Every encoding is a valid key and the one of the certificate", arguments: kinds)
    func encodings(kind: KeyKind, label: String) throws {
        let identity = try Identity.selfSigned(.server(key: kind))
        let key = identity.privateKey
        let directory = try TemporaryDirectory()
        let certificate = try directory.write(identity.certificate.pem, to: "certificate.pem")
        let publicKey = try run("openssl", "x509", "-in", certificate, "-noout", "-pubkey").output
        #expect(publicKey.hasPrefix("-----BEGIN PUBLIC KEY-----\n"))

        var encodings = [
            ("PRIVATE KEY", key.pem),
            ("ENCRYPTED PRIVATE KEY", try key.encryptedPEM(passphrase: "säcret")),
        ]
        if kind != .ed25519 {
            encodings.append((label, try key.traditionalPEM()))
            encodings.append((label, try key.traditionalPEM(passphrase: "säcret")))
            #expect(encodings[3].1.contains("\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,"))
        }
        for (label, encoding) in encodings {
            #expect(encoding.hasPrefix("-----BEGIN \(label)-----\n"))
            #expect(encoding.hasSuffix("\n-----END \(label)-----\n"))
            let file = try directory.write(encoding, to: "key.pem")
            let derived = try run("openssl", "pkey", "-in", file, "-passin", "pass:säcret", "-check", "-pubout")
            #expect(derived.status == 0)
            #expect(derived.output.contains(publicKey))
            #expect(derived.output.contains("Key is valid"))
        }
    }

    @Test("An encrypted key opens with its own passphrase only")
    func wrongPassphrase() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(PrivateKey().encryptedPEM(passphrase: "right"), to: "key.pem")
        #expect(try run("openssl", "pkey", "-in", file, "-passin", "pass:right", "-noout").status == 0)
        #expect(try run("openssl", "pkey", "-in", file, "-passin", "pass:wrong", "-noout").status != 0)
    }

    @Test("The bytes are those of the text")
    func der() throws {
        let directory = try TemporaryDirectory()
        let key = try PrivateKey(.p256)
        let file = "\(directory.path)/key.der"
        try Data(key.der).write(to: URL(fileURLWithPath: file))
        let text = try run("openssl", "pkey", "-inform", "DER", "-in", file)
        #expect(text.output == key.pem)
        #expect(key.der.starts(with: [0x30, 0x81, 0x87]))
    }

    @Test("What cannot be made is an error in words")
    func errors() throws {
        let key = try PrivateKey(.ed25519)
        #expect(throws: CertificateError("Ed25519 keys have no encoding but PKCS#8.")) { try key.traditionalPEM() }
        #expect(throws: CertificateError("The passphrase of a private key must not be empty.")) {
            try key.encryptedPEM(passphrase: "")
        }
        for bits in [-1, 0, 511, 16_385, .max] {
            let error = CertificateError("An RSA key of \(bits) bits cannot be made: 512 to 16384 can.")
            #expect(throws: error) { try PrivateKey(.rsa(bits: bits)) }
        }
    }

    @Test("OpenSSL's errors of others are neither reported nor left behind")
    func errorQueue() throws {
        func leaveAnError() {
            let garbage: [UInt8] = [0x30, 0x01, 0x00]
            garbage.withUnsafeBufferPointer { bytes in
                var start = bytes.baseAddress
                #expect(d2i_X509(nil, &start, bytes.count) == nil)
            }
            #expect(ERR_peek_error() != 0)
        }
        leaveAnError()
        #expect(throws: CertificateError("OpenSSL could not fail alone.")) {
            try withOpenSSL { () throws(CertificateError) in try require(false, "fail alone") }
        }
        #expect(ERR_peek_error() == 0)
        try withOpenSSL(leaveAnError)  // and it succeeds all the same
        #expect(ERR_peek_error() == 0)

        let authority = try TestAuthority()
        leaveAnError()
        _ = try authority.issue(.client())
        #expect(ERR_peek_error() == 0)

        leaveAnError()
        var request = CertificateRequest.client()
        request.additionalExtensions = [RawExtension(objectIdentifier: "no.number", value: [])]
        let error = #expect(throws: CertificateError.self) { try authority.issue(request) }
        #expect(error?.message == "OpenSSL could not add the extension no.number.")
        #expect(error?.openSSLErrors.count == 1, "\(String(describing: error))")
        #expect(ERR_peek_error() == 0)
    }
}
