internal import COpenSSL

/// What a PFX of PKCS#12 (RFC 7292) holds: a key, its certificate, and others beside it.
struct PKCS12Bundle {
    /// In the file's own order, which says nothing; the key's own first if there is a key.
    let certificates: [X509Certificate]
    let key: KeyHandle?
    /// How many keys there are; `key` is the first.
    let keyCount: Int

    enum Fault: Error, Equatable {
        /// No PFX, or one that is broken.
        case damaged([UInt])
        /// The passphrase does not fit, or is missing.
        case passphrase([UInt])
        /// Encrypted, or sealed, with an algorithm that no provider offers.
        case unsupported([UInt])
        /// Sealed with PBMAC1 (RFC 9579), which this OpenSSL cannot verify.
        case unsupportedSeal([UInt])
    }

    /// Whether `bytes` begin like one: three fields of which the first is the version, 3. A damaged one does, too.
    static func isLikely(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // SEQUENCE, its length in one to five bytes or not known yet, INTEGER 3, SEQUENCE.
        guard bytes.count > 10, bytes[0] == 0x30 else { return false }
        let lengthCount = bytes[1] > 0x80 ? 2 + Int(bytes[1] & 0x7F) : 2
        guard lengthCount <= 6 else { return false }
        return bytes[lengthCount...].starts(with: [0x02, 0x01, 0x03, 0x30])
    }

    /// - Parameter passphrase: None and an empty one are two things in PKCS#12, and both open what either opens.
    init(_ bytes: UnsafeRawBufferPointer, passphrase: String?, in library: LibraryContext?) throws(Fault) {
        var pfx = PKCS12_init_ex(NID_pkcs7_data, library?.pointer, nil)
        defer { PKCS12_free(pfx) }
        guard pfx != nil, withMemoryBIO(bytes, { d2i_PKCS12_bio($0, &pfx) }) != nil else {
            throw .damaged(OpenSSLErrorQueue.drain())
        }
        if let passphrase, passphrase.utf8.contains(0) { throw .passphrase([]) }  // OpenSSL would stop reading there
        var key: OpaquePointer?
        var certificate: OpaquePointer?
        var others: OpaquePointer?
        ERR_clear_error()
        let isOpen = Self.withCString(passphrase) { passphrase in
            var passphrase = passphrase
            // Beside a passphrase PKCS12_parse(3) insists on a seal (MAC), though what is in there may be encrypted, or not, without
            // one. It gets one, which is worth nothing; where that cannot be made, without a passphrase.
            if let text = passphrase, text.pointee != 0, PKCS12_mac_present(pfx) != 1,
                PKCS12_set_mac(pfx, text, -1, nil, 0, 1, nil) != 1
            {
                ERR_clear_error()
                passphrase = nil
            }
            return PKCS12_parse(pfx, passphrase, &key, &certificate, &others) == 1
        }
        guard isOpen else { throw Self.fault(of: pfx) }
        defer { COpenSSL_stack_of_X509_free(others) }
        var certificates: [X509Certificate] = []
        if let certificate { certificates.append(X509Certificate(owning: certificate)) }
        for index in 0..<COpenSSL_stack_of_X509_count(others) {
            guard let other = COpenSSL_stack_of_X509_value(others, index), X509_up_ref(other) == 1 else { continue }
            certificates.append(X509Certificate(owning: other))
        }
        let opened = key.map { KeyHandle(owning: $0) }
        self.keyCount = Self.withCString(passphrase) { PKCS12Keys.count(in: pfx, passphrase: $0) }
        guard let library else {
            self.certificates = certificates
            self.key = opened
            return
        }
        // OpenSSL has opened it there; but older ones make keys and certificates in the default context all the same.
        self.certificates = certificates.compactMap { $0.moved(to: library) }
        self.key = opened.flatMap { $0.moved(to: library) }
        guard self.certificates.count == certificates.count, (self.key == nil) == (opened == nil) else {
            throw .unsupported(OpenSSLErrorQueue.drain())
        }
    }

    private static func fault(of pfx: OpaquePointer?) -> Fault {
        let codes = OpenSSLErrorQueue.drain()
        if Self.isSealedWithPBMAC1(pfx) { return .unsupportedSeal(codes) }
        let reasons = codes.map(OpenSSLReason.init)
        if reasons.contains(where: \.saysUnsupported) { return .unsupported(codes) }
        let isAboutPassphrase = reasons.contains { reason in
            switch (reason.library, reason.reason) {
            case (ERR_LIB_PKCS12, PKCS12_R_MAC_VERIFY_FAILURE), (ERR_LIB_PKCS12, PKCS12_R_PKCS12_CIPHERFINAL_ERROR):
                true
            case (ERR_LIB_PROV, _): true  // "bad decrypt", where nothing but the padding could tell
            default: false
            }
        }
        return isAboutPassphrase ? .passphrase(codes) : .damaged(codes)
    }

    private static func isSealedWithPBMAC1(_ pfx: OpaquePointer?) -> Bool {
        var algorithm: UnsafePointer<X509_ALGOR>?
        PKCS12_get0_mac(nil, &algorithm, nil, nil, pfx)
        // pkcs-5 14, by its number: OpenSSL before 3.4 knows no name for it.
        return X509Text.objectIdentifier(algorithm?.pointee.algorithm) == "1.2.840.113549.1.5.14"
    }

    /// In a copy that is wiped; OpenSSL wants it to end with a NUL.
    private static func withCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
        guard let text else { return body(nil) }
        let copy = WipedBytes(Array(text.utf8) + [0])
        return withExtendedLifetime(copy) { body(copy.bytes.baseAddress?.assumingMemoryBound(to: CChar.self)) }
    }
}
