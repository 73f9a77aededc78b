internal import COpenSSL

extension TLSError {
    /// Names the cause of a failed call into OpenSSL.
    ///
    /// - Parameters:
    ///   - ssl: The session that failed, for what it knows of certificates and names.
    ///   - phase: How far the connection had come.
    static func explaining(
        _ failure: OpenSSLFailure,
        ssl: OpaquePointer?,
        role: TLSRole,
        phase: TLSError.Phase,
        peerAddress: String?
    ) -> TLSError {
        TLSError(
            .handshakeFailed,
            phase: phase,
            role: role,
            peerAddress: peerAddress,
            message: "TLS failed",
            openSSLErrors: failure.codes.map(OpenSSLErrorQueue.text)
        )
    }
}
