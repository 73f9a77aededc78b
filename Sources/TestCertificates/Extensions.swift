internal import COpenSSL

/// Adds what RFC 5280 asks of a certificate, so that strict verifiers take it, and then what the request asks for.
func addExtensions(
    of request: CertificateRequest,
    to certificate: OpaquePointer,
    issuer: OpaquePointer
) throws(CertificateError) {
    var context = X509V3_CTX()
    X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
    func add(_ identifier: Int32, _ value: String) throws(CertificateError) {
        // The value is in OpenSSL's configuration language (x509v3_config(5)): never text from a request.
        let made = X509V3_EXT_nconf_nid(nil, &context, identifier, value)
        try append(made, to: certificate)
    }

    let pathLength = request.maximumPathLength.map { ",pathlen:\($0)" } ?? ""
    try add(NID_basic_constraints, request.isAuthority ? "critical,CA:TRUE" + pathLength : "critical,CA:FALSE")
    try add(NID_key_usage, keyUsage(of: request))
    if !request.purposes.isEmpty {
        try add(NID_ext_key_usage, request.purposes.map(\.rawValue).joined(separator: ","))
    }
    if request.hasKeyIdentifiers {
        // In this order: a certificate that signs itself takes the second from the first.
        try add(NID_subject_key_identifier, "hash")
        try add(NID_authority_key_identifier, "keyid:always")
    }
    if !request.alternativeNames.isEmpty {
        let names = try AlternativeName.encode(request.alternativeNames)
        let isCritical = request.commonName.isEmpty  // nothing else names the subject (section 4.2.1.6)
        try append(RawExtension(objectIdentifier: "2.5.29.17", isCritical: isCritical, value: names), to: certificate)
    }
    for additional in request.additionalExtensions { try append(additional, to: certificate) }
}

private func keyUsage(of request: CertificateRequest) -> String {
    if request.isAuthority { return "critical,keyCertSign,cRLSign" }
    // TLS 1.2 without forward secrecy encrypts to an RSA key.
    if case .rsa = request.key { return "critical,digitalSignature,keyEncipherment" }
    return "critical,digitalSignature"
}

private func append(_ raw: RawExtension, to certificate: OpaquePointer) throws(CertificateError) {
    let what = "add the extension \(raw.objectIdentifier)"
    let identifier = try require(OBJ_txt2obj(raw.objectIdentifier, 1), what)
    defer { ASN1_OBJECT_free(identifier) }
    let value = try require(ASN1_OCTET_STRING_new(), what)
    defer { ASN1_OCTET_STRING_free(value) }
    try require(ASN1_OCTET_STRING_set(value, raw.value, Int32(raw.value.count)) == 1, what)
    let made = X509_EXTENSION_create_by_OBJ(nil, identifier, raw.isCritical ? 1 : 0, value)
    try append(made, to: certificate)
}

private func append(_ made: OpaquePointer?, to certificate: OpaquePointer) throws(CertificateError) {
    let what = "add an extension to a certificate"
    let made = try require(made, what)
    defer { X509_EXTENSION_free(made) }
    try require(X509_add_ext(certificate, made, -1) == 1, what)
}
