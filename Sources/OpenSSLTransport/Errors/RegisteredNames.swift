/// Names that IANA keeps for numbers of TLS: OpenSSL has most of them too, but not the same ones in each release.
enum RegisteredNames {
    static func signatureAlgorithm(_ number: UInt16) -> String {
        switch number {
        case 0x0401: "rsa_pkcs1_sha256"
        case 0x0501: "rsa_pkcs1_sha384"
        case 0x0601: "rsa_pkcs1_sha512"
        case 0x0403: "ecdsa_secp256r1_sha256"
        case 0x0503: "ecdsa_secp384r1_sha384"
        case 0x0603: "ecdsa_secp521r1_sha512"
        case 0x0804: "rsa_pss_rsae_sha256"
        case 0x0805: "rsa_pss_rsae_sha384"
        case 0x0806: "rsa_pss_rsae_sha512"
        case 0x0807: "ed25519"
        case 0x0808: "ed448"
        case 0x0809: "rsa_pss_pss_sha256"
        case 0x080A: "rsa_pss_pss_sha384"
        case 0x080B: "rsa_pss_pss_sha512"
        case 0x0201: "rsa_pkcs1_sha1"
        case 0x0203: "ecdsa_sha1"
        case 0x0904: "mldsa44"
        case 0x0905: "mldsa65"
        case 0x0906: "mldsa87"
        default: Self.number(number)
        }
    }

    static func group(_ number: UInt16) -> String {
        switch number {
        case 23: "P-256"
        case 24: "P-384"
        case 25: "P-521"
        case 29: "X25519"
        case 30: "X448"
        case 256...260: "ffdhe\([2048, 3072, 4096, 6144, 8192][Int(number) - 256])"
        case 512: "MLKEM512"
        case 513: "MLKEM768"
        case 514: "MLKEM1024"
        case 0x11EB: "SecP256r1MLKEM768"
        case 0x11EC: "X25519MLKEM768"
        case 0x11ED: "SecP384r1MLKEM1024"
        default: Self.number(number)
        }
    }

    /// Noise that clients put among their offers (RFC 8701), and signals that stand among cipher suites (RFC 5746, 7507).
    static func isNoAlgorithm(_ number: UInt16) -> Bool {
        let isNoise = number & 0x0F0F == 0x0A0A && number >> 8 == number & 0xFF
        return isNoise || number == 0x00FF || number == 0x5600
    }

    static func number(_ number: UInt16) -> String {
        let digits = String(number, radix: 16)
        return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
