extension TLSConfiguration {
    /// Which algorithms to use, by OpenSSL's names. All are safe by default; a list can only choose among safe ones.
    public struct Algorithms: Sendable, Hashable {
        /// Cipher suites of TLS 1.3, best first; see SSL_CTX_set_ciphersuites(3).
        public var cipherSuites: [String]
        /// Ciphers of TLS 1.2, best first, as ciphers(1) names them and kinds of them. Those without forward secrecy or
        /// authenticated encryption are refused.
        public var tls12Ciphers: [String]
        /// Groups of the key exchange, best first; see SSL_CTX_set1_groups_list(3). In TLS 1.2 also the curves that
        /// certificates may have. Of the default list, what this OpenSSL does not have is left out: X25519MLKEM768 came with
        /// 3.5, and a FIPS provider may lack X25519. Any other list is taken whole or not at all.
        public var groups: [String]
        /// Signature algorithms that are taken of the other side, best first; see SSL_CTX_set1_sigalgs_list(3). Empty:
        /// OpenSSL's own.
        public var signatureAlgorithms: [String]
        /// How strong keys and signatures must be, from 2 (112 bits: RSA of 2,048) to 5; see
        /// SSL_CTX_set_security_level(3). Nil: the system's, and 2 at least.
        public var securityLevel: Int?
        /// Nothing is said to OpenSSL but the versions and the security level of 2.
        let isSystemPolicy: Bool

        /// AES-GCM before ChaCha20-Poly1305; X25519MLKEM768, which holds against quantum computers too, before X25519, P-256
        /// and P-384.
        public static let recommended = Algorithms()

        /// What `openssl.cnf` and the system's crypto policy say, whatever that is, with a security level of 2 at least.
        /// The versions are still the configuration's own.
        public static let system = Algorithms(isSystemPolicy: true)

        /// Each default is the recommended one.
        public init(
            cipherSuites: [String] = [
                "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
            ],
            tls12Ciphers: [String] = ["ECDHE+AESGCM", "ECDHE+CHACHA20"],
            groups: [String] = ["X25519MLKEM768", "X25519", "P-256", "P-384"],
            signatureAlgorithms: [String] = [],
            securityLevel: Int? = nil
        ) {
            self.cipherSuites = cipherSuites
            self.tls12Ciphers = tls12Ciphers
            self.groups = groups
            self.signatureAlgorithms = signatureAlgorithms
            self.securityLevel = securityLevel
            self.isSystemPolicy = false
        }

        private init(isSystemPolicy: Bool) {
            self.cipherSuites = []
            self.tls12Ciphers = []
            self.groups = []
            self.signatureAlgorithms = []
            self.securityLevel = nil
            self.isSystemPolicy = isSystemPolicy
        }
    }
}
