internal import SecureChannel

// What mends a chain that does not verify, by OpenSSL's codes (X509_V_ERR_…, x509_vfy.h).

extension Remedy {
    static func cause(ofChainFault code: Int) -> TLSError.Cause {
        switch code {
        case 9: .certificateNotYetValid
        case 10: .certificateExpired
        case 18: .selfSigned
        case 2, 19, 20, 21, 27: .unknownAuthority
        case 23: .certificateRevoked
        case 3, 5, 8, 11, 12, 15, 16, 33, 35, 36, 44, 54: .revocationUnknown
        case 26: .wrongCertificatePurpose
        case 62, 64: .hostnameMismatch
        case 66, 67, 68: .certificateTooWeak
        default: .certificateRejected
        }
    }

    /// For the faults of which the cause says too little.
    static func mend(ofChainFault code: Int) -> String {
        switch code {
        case 4, 6, 7:
            "It was altered, or signed with another key than its issuer's certificate has: two authorities may have one name. "
                + "Have the server send, and --authority name, the certificate of the one that signed it."
        case 13, 14, 41:
            "Have it issued anew, by a program that makes certificates as RFC 5280 has them."
        case 22: "Name an authority nearer to the server's certificate with --authority, or raise --chain-depth."
        case 24, 32, 37, 79:
            "It has signed a certificate and may not: have the server's certificate issued by an authority, or the "
                + "authority's own made anew, with CA:TRUE and keyCertSign."
        case 25, 38:
            "Have the server's certificate issued by an authority nearer to the root, or the path length raised."
        case 34, 40: "Have it issued without that extension, or with one that is not critical."
        case 47...49, 51...53:
            "Have it issued for names that the authority's name constraints allow, or by another authority."
        case 26: "Have it issued for servers: with the extended key usage serverAuth, or without any."
        case 66...68, 76...78: "Have it issued with a key of EC P-256, or of RSA with 2048 bits or more, and SHA-256."
        case 80...94: "Have it issued as RFC 5280 wants it, or leave --strict out."
        default:
            "Have the certificate issued anew, and compare it with what RFC 5280 wants: openssl x509 -text shows it."
        }
    }

    /// A date that is over further up is none of the server's own certificate.
    static func renewal(_ error: TLSError) -> String {
        guard let depth = error.verification?.depth, depth > 0, let certificate = error.certificate else {
            return
                "Have it renewed, and restart the server with the new one. If `date -u` is wrong here, set the clock."
        }
        let clock = " If `date -u` is wrong here, set the clock."
        return certificate.subject == certificate.issuer
            ? "It is a root, not the server's own certificate: get that authority's new one, and name it with --authority."
                + clock
            : "It is an authority's, not the server's own certificate: have the server send the authority's new one."
                + clock
    }

    /// One that is trusted has the name, but another key. Only the library's words tell it from one that is not there.
    static func isNamesake(_ error: TLSError) -> Bool { error.message.hasSuffix("one has that name, but another key") }
}
