/// How one step of a ``TLSSession`` went.
struct TLSStep: Sendable {
    /// Bytes of plaintext that were read or written. A step can have moved some and still have ended with a failure.
    var count: Int
    var ending: Ending

    enum Ending: Sendable {
        /// The handshake is over, all was written, or the memory to read into is full.
        case complete
        /// Nothing more without more of the peer's ciphertext.
        case wantsMoreInput
        /// The peer has said that it will send nothing more (RFC 8446, section 6.1).
        case closeNotify
        /// The peer has sent more records in a row that bring no plaintext than are taken. The session is alive.
        case flooded
        /// The session is dead. What it still has to say to the peer, an alert perhaps, is in its output.
        case failed(OpenSSLFailure)
    }

    var failure: OpenSSLFailure? { if case .failed(let failure) = self.ending { failure } else { nil } }
}
