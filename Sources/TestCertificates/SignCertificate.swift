internal import COpenSSL

/// Makes the certificate for the subject's key, signed by the issuer's key, or by its own where there is no issuer.
func signCertificate(
    _ request: CertificateRequest,
    for subjectKey: PrivateKey,
    by issuer: Identity?
) throws(CertificateError) -> Certificate {
    try withOpenSSL { () throws(CertificateError) in
        try subjectKey.withKey { subjectKey throws(CertificateError) in
            guard let issuer else {
                return try sign(request, subjectKey, issuer: nil, with: subjectKey, request.key)
            }
            return try issuer.certificate.withX509 { certificate throws(CertificateError) in
                try issuer.privateKey.withKey { issuerKey throws(CertificateError) in
                    try sign(request, subjectKey, issuer: certificate, with: issuerKey, issuer.privateKey.kind)
                }
            }
        }
    }
}

private func sign(
    _ request: CertificateRequest,
    _ subjectKey: OpaquePointer,
    issuer: OpaquePointer?,
    with issuerKey: OpaquePointer,
    _ issuerKind: KeyKind
) throws(CertificateError) -> Certificate {
    let certificate = try require(X509_new(), "make a certificate")
    defer { X509_free(certificate) }
    try require(X509_set_version(certificate, 2) == 1, "set a certificate's version")  // 2 stands for version 3
    try setSerialNumber(request.serialNumber, of: certificate)
    try setValidity(request.validity, of: certificate)
    try require(X509_set_pubkey(certificate, subjectKey) == 1, "set a certificate's key")
    try setSubject(request.commonName, of: certificate)
    let issuerName = X509_get_subject_name(issuer ?? certificate)
    try require(X509_set_issuer_name(certificate, issuerName) == 1, "set a certificate's issuer")
    try addExtensions(of: request, to: certificate, issuer: issuer ?? certificate)
    let digest = try digest(request.signatureDigest, for: issuerKind)
    try require(X509_sign(certificate, issuerKey, digest) > 0, "sign a certificate")

    var start: UnsafeMutablePointer<UInt8>?
    let length = Int(i2d_X509(certificate, &start))
    let encoded = try require(start, "encode a certificate")
    defer { COpenSSL_OPENSSL_free(encoded) }
    return Certificate(der: Array(UnsafeBufferPointer(start: encoded, count: length)))
}

private func setSerialNumber(_ bytes: [UInt8]?, of certificate: OpaquePointer) throws(CertificateError) {
    let what = "set a certificate's serial number"
    let number = try require(BN_new(), what)
    defer { BN_free(number) }
    if let bytes {
        try require(BN_bin2bn(bytes, Int32(bytes.count), number) != nil, what)
    } else {
        let (topBitSet, anyParity): (Int32, Int32) = (0, 0)  // BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY
        try require(BN_rand(number, 128, topBitSet, anyParity) == 1, what)
    }
    try require(BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil, what)
}

private func setValidity(_ validity: Validity, of certificate: OpaquePointer) throws(CertificateError) {
    let notBefore = X509_gmtime_adj(X509_getm_notBefore(certificate), Int(validity.begins.components.seconds))
    let notAfter = X509_gmtime_adj(X509_getm_notAfter(certificate), Int(validity.ends.components.seconds))
    try require(notBefore != nil && notAfter != nil, "set a certificate's validity")
}

/// As UTF8String whatever the bytes, so that neither OpenSSL's limit of 64 characters nor its choice of a type applies.
private func setSubject(_ commonName: String, of certificate: OpaquePointer) throws(CertificateError) {
    guard !commonName.isEmpty else { return }
    let bytes = Array(commonName.utf8)
    let name = X509_get_subject_name(certificate)
    let result = X509_NAME_add_entry_by_NID(
        name,
        NID_commonName,
        V_ASN1_UTF8STRING,
        bytes,
        Int32(bytes.count),
        -1,
        0
    )
    try require(result == 1, "set a certificate's subject")
}

private func digest(
    _ chosen: SignatureDigest?,
    for issuerKind: KeyKind
) throws(CertificateError) -> OpaquePointer? {
    switch issuerKind {
    case .ed25519: nil  // hashes by itself
    case .p384: try require(EVP_get_digestbyname((chosen ?? .sha384).rawValue), "find a digest")
    case .p256, .rsa: try require(EVP_get_digestbyname((chosen ?? .sha256).rawValue), "find a digest")
    }
}
