import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Certificate and key from PKCS#12, as the command openssl writes it")
struct PKCS12Tests {
    let directory: TemporaryDirectory
    let authority: TestAuthority
    let identity: Identity

    init() throws {
        self.directory = try TemporaryDirectory()
        self.authority = try TestAuthority()
        self.identity = try self.authority.intermediate().issue(.server())
    }

    private func bundle(_ options: String..., passphrase: String = "s3cret", pem: String? = nil) throws -> [UInt8] {
        let content = pem ?? self.identity.privateKey.pem + self.identity.chainPEM
        let file = try self.directory.write(content, "in.pem")
        return try openssl(["pkcs12", "-export", "-in", file, "-passout", "pass:\(passphrase)"] + options)
    }

    private func check(_ server: TLSConfiguration) throws {
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(trustRoots: .pem(self.authority.certificate.pem)),
            server: server
        )
        let information = try handshake.client.get()
        #expect(information.peerCertificate?.sha256Fingerprint == self.identity.certificate.fingerprint)
        #expect(information.isPeerVerified)
    }

    private func fault(
        certificate: TLSConfiguration.CertificateChain,
        privateKey: TLSConfiguration.PrivateKey? = nil,
        passphrase: String? = "s3cret"
    ) throws -> TLSError {
        let configuration = TLSConfiguration(
            certificate: certificate,
            privateKey: privateKey,
            passphrase: passphrase
        )
        return try #require(throws: TLSError.self) { try configuration.validate(for: .server) }
    }

    @Test("A file is known by its content, and gives certificate, key and intermediate certificates")
    func file() throws {
        let path = try self.directory.write(self.bundle(), "server.pem")
        try self.check(TLSConfiguration(certificate: .file(path), passphrase: "s3cret"))
    }

    @Test("Bytes in memory, and a passphrase that is not ASCII")
    func memory() throws {
        let passphrase = "pässphräse \u{1F511}"
        let bundle = try self.bundle(passphrase: passphrase)
        try self.check(TLSConfiguration(certificate: .pkcs12(bundle), passphrase: passphrase))
    }

    @Test("The chain is put in order, and what is no part of it is not sent")
    func order() throws {
        let stranger = try TestAuthority().certificate
        let others = [stranger.pem, self.authority.certificate.pem, self.identity.chain[1].pem].joined()
        let pem = self.identity.privateKey.pem + self.identity.certificate.pem + others
        let bundle = try self.bundle(pem: pem)
        let server = TLSConfiguration(certificate: .pkcs12(bundle), passphrase: "s3cret")
        try self.check(server)
        let context = try server.context(for: .server)
        let sent = ContextMaterial(context).own
        #expect(sent == self.identity.chain.map(\.fingerprint))
    }

    @Test("No passphrase and an empty one open what either opens", arguments: [nil, ""])
    func emptyPassphrase(_ passphrase: String?) throws {
        try self.check(TLSConfiguration(certificate: .pkcs12(self.bundle(passphrase: "")), passphrase: passphrase))
        try self.check(TLSConfiguration(certificate: .pkcs12(self.withoutPassphrase()), passphrase: passphrase))
    }

    /// A PFX made with no passphrase at all, which is not the empty one.
    private func withoutPassphrase() throws -> [UInt8] {
        let key = try #require(self.identity.privateKey.der.withUnsafeBytes { KeyHandle(der: $0) })
        let own = try #require(self.identity.certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
        let issuer = try #require(self.identity.chain[1].der.withUnsafeBytes { X509Certificate(der: $0) })
        let others = try #require(OPENSSL_sk_new_null())
        defer { OPENSSL_sk_free(others) }
        OPENSSL_sk_push(others, UnsafeRawPointer(issuer.pointer))
        let pfx = try #require(PKCS12_create(nil, nil, key.pointer, own.pointer, others, -1, -1, 0, 0, 0))
        defer { PKCS12_free(pfx) }
        var memory: UnsafeMutablePointer<UInt8>?
        let count = i2d_PKCS12(pfx, &memory)
        defer { COpenSSL_OPENSSL_free(memory) }
        return Array(UnsafeBufferPointer(start: memory, count: Int(count)))
    }

    @Test("A private key that is named wins over the one inside")
    func explicitKey() throws {
        let other = try PrivateKey()
        let file = try self.directory.write(self.bundle(), "server.p12")
        try self.check(
            TLSConfiguration(certificate: .file(file), privateKey: .identity(self.identity), passphrase: "s3cret")
        )
        let error = try self.fault(certificate: .file(file), privateKey: .pem(other.pem))
        #expect(error.cause == .keyMismatch, "\(error)")
    }

    @Test("The key alone can come from PKCS#12, and so can trust roots")
    func otherUses() throws {
        let file = try self.directory.write(self.bundle(), "server.p12")
        try self.check(
            TLSConfiguration(certificate: .identity(self.identity), privateKey: .file(file), passphrase: "s3cret")
        )
        let roots = try self.bundle("-nokeys", pem: self.authority.certificate.pem)
        let handshake = try MemoryHandshake(
            client: TLSConfiguration(passphrase: "s3cret", trustRoots: .pkcs12(roots)),
            server: TLSConfiguration(certificate: .file(file), passphrase: "s3cret")
        )
        #expect(try handshake.client.get().isPeerVerified)
    }

    @Test("No passphrase, a wrong one, and one that goes on after a NUL are told apart")
    func passphrases() throws {
        let file = try self.directory.write(self.bundle(), "server.p12")
        let missing = try self.fault(certificate: .file(file), passphrase: nil)
        #expect(missing.cause == .passphraseMissing)
        #expect(missing.message == "the certificate file '\(file)' is encrypted, and no passphrase is given")
        for passphrase in ["", "wr0ng", "s3cret\0more"] {
            let wrong = try self.fault(certificate: .file(file), passphrase: passphrase)
            #expect(wrong.cause == .passphraseWrong, "\(wrong)")
            #expect(!"\(wrong)".contains("wr0ng"))
        }
    }

    @Test("Without a certificate, or without a key, that is said")
    func incomplete() throws {
        let onlyKey = try self.bundle("-nocerts", "-inkey", self.directory.write(self.identity.privateKey.pem, "a.key"))
        let noCertificate = try self.fault(certificate: .pkcs12(onlyKey))
        #expect(noCertificate.cause == .wrongFileKind)
        #expect(noCertificate.message.contains("PKCS#12 with no certificate in it"))
        let onlyCertificates = try self.bundle("-nokeys")
        let noKey = try self.fault(certificate: .pkcs12(onlyCertificates))
        #expect(noKey.cause == .privateKeyMissing)
        #expect(noKey.message.contains("comes without a private key"))
        let neither = try self.fault(certificate: .identity(self.identity), privateKey: .pkcs12(onlyCertificates))
        #expect(neither.cause == .privateKeyMissing)
        #expect(neither.message == "the private key (PKCS#12 in memory) is PKCS#12 with no private key in it")
    }

    @Test("Damage anywhere is an error that says so or doubts the passphrase, never a chain cut short")
    func damage() throws {
        let bundle = try self.bundle()
        for count in stride(from: 12, to: bundle.count, by: 97) {
            let error = try self.fault(certificate: .pkcs12(Array(bundle.prefix(count))))
            #expect(error.cause == .wrongFileKind, "\(error)")
            #expect(error.message.contains("is damaged: OpenSSL cannot decode the PKCS#12"))
        }
        for index in stride(from: 20, to: bundle.count - 1, by: 61) {
            var changed = bundle
            changed[index] ^= 0x40
            let error = try self.fault(certificate: .pkcs12(changed))
            #expect([.wrongFileKind, .passphraseWrong].contains(error.cause), "at \(index): \(error)")
        }
        let file = try self.directory.write(bundle.prefix(500), "cut.p12")
        #expect(try self.fault(certificate: .file(file)).message.contains("is damaged"))
    }

    @Test("What is no PKCS#12 is not taken for it, and a file beyond the limit is not read")
    func limits() throws {
        #expect(try self.fault(certificate: .pkcs12([])).message.contains("is damaged"))
        let der = try self.fault(certificate: .pkcs12(self.identity.certificate.der))
        #expect(der.message.contains("cannot decode the PKCS#12"))
        let large = try self.bundle() + Array(repeating: 0, count: 1_048_576)
        let file = try self.directory.write(large, "large.p12")
        #expect(try self.fault(certificate: .file(file)).message.contains("is larger than 1 MiB"))
        #expect(try self.fault(certificate: .pkcs12(large)).message.contains("is larger than 1 MiB"))
        let asDER = try self.fault(certificate: .der(self.bundle()), privateKey: .identity(self.identity))
        #expect(asDER.message.contains("holds PKCS#12, no certificate"), "\(asDER)")
        #expect(asDER.hint.contains(".pkcs12("))
    }

    @Test(
        "RC2 of before OpenSSL 3 needs the provider legacy: the error names it and the command that helps, and both do"
    )
    func legacy() throws {
        let file = try self.directory.write(self.bundle("-legacy"), "old.p12")
        let error = try self.fault(certificate: .file(file))
        #expect(error.cause == .wrongFileKind)
        #expect(error.message.contains("RC2") && error.message.contains("the provider legacy"), "\(error)")

        let command = try #require(error.hint.firstMatch(of: /openssl (.* NEWFILE)\./)?.output.1)
        let new = self.directory.path + "/new.pem"
        let words = command.replacing("NEWFILE", with: new).replacing("FILE", with: file).split(separator: " ")
        _ = try openssl(words.map(String.init) + ["-passin", "pass:s3cret", "-passout", "pass:n3w"])
        try self.check(TLSConfiguration(certificate: .file(new), passphrase: "n3w"))

        let withProvider = TLSConfiguration(
            certificate: .file(file),
            passphrase: "s3cret",
            providers: ["default", "legacy"]
        )
        try self.check(withProvider)
    }

    @Test("Of an authority's certificates, its own and one that another signed, the same is sent in any order")
    func crossSigned() throws {
        let old = try Identity.selfSigned(CertificateRequest(commonName: "old", isAuthority: true))
        let new = try Identity.selfSigned(CertificateRequest(commonName: "new", isAuthority: true))
        let leaf = try TestAuthority(signingAs: new).issue(.server())
        let certificates = [
            leaf.certificate.pem, new.certificate.pem, try self.crossSign(new, by: old), old.certificate.pem,
        ]
        var sent: Set<[[UInt8]]> = []
        for shift in 0..<4 {
            let turned = (0..<4).map { certificates[($0 + shift) % 4] }
            for order in [turned, turned.reversed()] {
                let found = try order.map { pem in
                    try #require(Array(pem.utf8).withUnsafeBytes { X509Certificate(pem: $0) })
                }
                let key = try #require(leaf.privateKey.der.withUnsafeBytes { KeyHandle(der: $0) })
                let chain = try #require(ChainOrder.chain(of: key, among: found))
                sent.insert(chain.map { X509Text.sha256Fingerprint($0.pointer) })
            }
        }
        #expect(sent.count == 1)
        #expect(
            sent.first?.count == 3,
            "the certificate, the one that the old authority signed, and the old authority's"
        )
    }

    /// The new authority's name and key in a certificate of the old one's.
    private func crossSign(_ new: Identity, by old: Identity) throws -> String {
        let files = [
            try self.directory.write(new.privateKey.pem, "new.key"),
            try self.directory.write(old.certificate.pem, "old.pem"),
            try self.directory.write(old.privateKey.pem, "old.key"),
        ]
        let extensions = try self.directory.write(
            "basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n",
            "cross"
        )
        let request = try self.directory.write(openssl("req", "-new", "-key", files[0], "-subj", "/CN=new"), "new.csr")
        return String(
            decoding: try openssl(
                [
                    "x509", "-req", "-in", request, "-CA", files[1], "-CAkey", files[2], "-extfile", extensions,
                    "-days", "30",
                ]
            ),
            as: UTF8.self
        )
    }

    @Test("Two keys are refused, as in PEM, and a certificate is taken from beside them")
    func twoKeys() throws {
        let (first, second) = (try self.bundle(), try self.bundle())
        let merged = try Self.merged(first, second, passphrase: "s3cret")
        let error = try self.fault(certificate: .pkcs12(merged))
        #expect(error.cause == .wrongFileKind)
        #expect(error.message.contains("holds 2 private keys"), "\(error)")
        try self.check(
            TLSConfiguration(certificate: .pkcs12(merged), privateKey: .identity(self.identity), passphrase: "s3cret")
        )
    }

    /// A PFX with the parts of both.
    private static func merged(_ first: [UInt8], _ second: [UInt8], passphrase: String) throws -> [UInt8] {
        func pfx(_ bytes: [UInt8]) throws -> OpaquePointer {
            try #require(bytes.withUnsafeBytes { withMemoryBIO($0) { d2i_PKCS12_bio($0, nil) } })
        }
        let (target, other) = (try pfx(first), try pfx(second))
        defer {
            PKCS12_free(target)
            PKCS12_free(other)
        }
        let parts = try #require(PKCS12_unpack_authsafes(target))
        let more = try #require(PKCS12_unpack_authsafes(other))
        for index in 0..<OPENSSL_sk_num(more) { OPENSSL_sk_push(parts, OPENSSL_sk_value(more, index)) }
        defer {
            OPENSSL_sk_free(more)
            OPENSSL_sk_pop_free(parts) { PKCS7_free($0?.assumingMemoryBound(to: PKCS7.self)) }
        }
        try #require(PKCS12_pack_authsafes(target, parts) == 1)
        try #require(PKCS12_set_mac(target, passphrase, -1, nil, 0, 1, nil) == 1)
        return try Self.encoded(target)
    }

    private static func encoded(_ pfx: OpaquePointer) throws -> [UInt8] {
        var memory: UnsafeMutablePointer<UInt8>?
        let count = i2d_PKCS12(pfx, &memory)
        defer { COpenSSL_OPENSSL_free(memory) }
        return Array(UnsafeBufferPointer(start: try #require(memory), count: Int(count)))
    }

    @Test(
        "One without a seal opens beside a passphrase, encrypted or not",
        arguments: [[], ["-keypbe", "NONE", "-certpbe", "NONE"]]
    )
    func withoutSeal(_ options: [String]) throws {
        let content = self.identity.privateKey.pem + self.identity.chainPEM
        let file = try self.directory.write(content, "in.pem")
        let pfx = try openssl(["pkcs12", "-export", "-nomac", "-in", file, "-passout", "pass:s3cret"] + options)
        try self.check(TLSConfiguration(certificate: .pkcs12(pfx), passphrase: "s3cret"))
        if options.isEmpty {
            #expect(try self.fault(certificate: .pkcs12(pfx), passphrase: "wr0ng").cause == .passphraseWrong)
            #expect(try self.fault(certificate: .pkcs12(pfx), passphrase: nil).cause == .passphraseMissing)
        }
    }

    @Test("Certificate, key and trust roots each have a passphrase of their own")
    func ownPassphrases() throws {
        let own = try self.bundle(passphrase: "one")
        let key = try self.bundle("-nocerts", passphrase: "two")
        let roots = try self.bundle("-nokeys", passphrase: "three", pem: self.authority.certificate.pem)
        let trust = TLSConfiguration.TrustRoots.pkcs12(roots).opened(by: "three")
        try self.check(TLSConfiguration(certificate: .pkcs12(own).opened(by: "one")))
        try self.check(
            TLSConfiguration(
                certificate: .pkcs12(own).opened(by: "one"),
                privateKey: .pkcs12(key).opened(by: "two"),
                passphrase: "four",
                trustRoots: trust,
                clientCertificates: TLSConfiguration.ClientCertificates.none
            )
        )
        let wrong = TLSConfiguration(passphrase: "three", trustRoots: .pkcs12(roots).opened(by: "wr0ng"))
        #expect(throws: TLSError.self) { try wrong.validate(for: .client) }
        let several: TLSConfiguration.TrustRoots = [trust, .pem(self.authority.certificate.pem)]
        try TLSConfiguration(trustRoots: several.opened(by: "unused")).validate(for: .client)
        #expect(!"\(trust)".contains("three"))
    }

    @Test("A seal of PBMAC1 is called that, and the command in the hint opens it")
    func newSeal() throws {
        let pfx = try #require(self.bundle().withUnsafeBytes { withMemoryBIO($0) { d2i_PKCS12_bio($0, nil) } })
        defer { PKCS12_free(pfx) }
        var algorithm: UnsafePointer<X509_ALGOR>?
        PKCS12_get0_mac(nil, &algorithm, nil, nil, pfx)
        let identifier = try #require(OBJ_txt2obj("1.2.840.113549.1.5.14", 1))
        #expect(X509_ALGOR_set0(UnsafeMutablePointer(mutating: algorithm), identifier, V_ASN1_NULL, nil) == 1)
        let file = try self.directory.write(Self.encoded(pfx), "new.p12")
        let error = try self.fault(certificate: .file(file))
        #expect(error.cause == .wrongFileKind)
        #expect(error.message.contains("PBMAC1"), "\(error)")
        #expect(!error.message.contains("RC2"))
        let command = try #require(error.hint.firstMatch(of: /openssl (.* NEWFILE)/)?.output.1)
        let new = self.directory.path + "/new.pem"
        let words = command.replacing("NEWFILE", with: new).replacing("FILE", with: file).split(separator: " ")
        _ = try openssl(words.map(String.init) + ["-passin", "pass:s3cret", "-passout", "pass:n3w"])
        try self.check(TLSConfiguration(certificate: .file(new), passphrase: "n3w"))
    }
}
