internal import COpenSSL

extension TLSError {
    /// The parts of an error that not every error has.
    public struct Details: Sendable, Hashable {
        /// See ``TLSError/verification``.
        public var verification: Verification?
        /// See ``TLSError/certificate``.
        public var certificate: TLSPeerCertificate?
        /// See ``TLSError/alertSent``.
        public var alertSent: TLSAlert?
        /// See ``TLSError/alertReceived``.
        public var alertReceived: TLSAlert?
        /// See ``TLSError/openSSLErrors``.
        public var openSSLErrors: [OpenSSLError]

        /// By default nothing is known.
        public init(
            verification: Verification? = nil,
            certificate: TLSPeerCertificate? = nil,
            alertSent: TLSAlert? = nil,
            alertReceived: TLSAlert? = nil,
            openSSLErrors: [OpenSSLError] = []
        ) {
            self.verification = verification
            self.certificate = certificate
            self.alertSent = alertSent
            self.alertReceived = alertReceived
            self.openSSLErrors = openSSLErrors
        }
    }

    /// What OpenSSL found wrong with a chain of certificates.
    public struct Verification: Sendable, Hashable {
        /// One of X509_V_ERR_…, see X509_STORE_CTX_get_error(3): 10 is an expired certificate.
        public var code: Int
        /// Where in the chain: 0 is the other side's own certificate, 1 the one that signed it.
        public var depth: Int
        /// OpenSSL's own words for the code.
        public var text: String

        /// A finding with OpenSSL's words for it.
        public init(code: Int, depth: Int) {
            self.code = code
            self.depth = depth
            self.text = X509_verify_cert_error_string(code).map { String(cString: $0) } ?? "unknown"
        }
    }

    /// One entry of OpenSSL's error queue, see ERR_get_error(3).
    public struct OpenSSLError: Sendable, Hashable, CustomStringConvertible {
        /// The whole code: the library and its reason.
        public var code: UInt
        /// As OpenSSL writes it, for example `error:0A000086:SSL routines::certificate verify failed`. The words differ from
        /// one release to the next; the code does not.
        public var text: String

        /// An entry with OpenSSL's words for it.
        public init(code: UInt) {
            self.code = code
            self.text = OpenSSLErrorQueue.text(code)
        }

        public var description: String { EscapedText(self.text).description }
    }
}

extension TLSError.Verification: CustomStringConvertible {
    /// For example: verify error 10 at depth 0: certificate has expired
    public var description: String { "verify error \(self.code) at depth \(self.depth): \(self.text)" }
}
