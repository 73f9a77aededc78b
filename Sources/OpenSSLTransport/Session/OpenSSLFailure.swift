/// What a failed step of OpenSSL left behind, copied before anything else could touch the thread's error queue.
struct OpenSSLFailure: Sendable, Equatable {
    /// What SSL_get_error(3) said; 0 where no session was involved.
    var sslError: Int32
    /// The thread's error queue, oldest first; may be empty, for some failures leave none.
    var codes: [UInt]

    init(sslError: Int32 = 0, codes: [UInt] = []) {
        self.sslError = sslError
        self.codes = codes
    }
}
