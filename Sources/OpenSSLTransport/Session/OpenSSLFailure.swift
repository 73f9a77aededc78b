/// What a failed step of OpenSSL left behind, copied before anything else could touch the thread's error queue.
struct OpenSSLFailure: Sendable, Equatable {
    /// What SSL_get_error(3) said; 0 where no session was involved.
    var sslError: Int32
    /// The thread's error queue, oldest first; may be empty, for some failures leave none.
    var codes: [UInt]
    /// The session's result of verifying the peer's certificate (X509_V_OK is 0).
    var verifyResult: Int

    init(sslError: Int32 = 0, codes: [UInt] = [], verifyResult: Int = 0) {
        self.sslError = sslError
        self.codes = codes
        self.verifyResult = verifyResult
    }
}
