/// What a ``TLSHandler`` takes, keeps and waits for at most.
struct TLSConnectionLimits {
    /// Bytes written and not yet encrypted.
    var pendingPlaintext = 64 << 20
    /// What a ClientHello may declare; one with a post-quantum key share has some 1,700 bytes.
    var helloLength = 32 << 10
    /// All that a peer may send before the handshake is over: a chain of certificates, a hello, and some change.
    var handshakeInput = 128 << 10
    /// Whether steps of handshakes run on threads though no key of a store asks for it.
    var shakesHandsOnThreads = false
    /// For plaintext that was flushed before the connection was closed to leave for the peer.
    var closeTimeout = Duration.seconds(5)
    /// Whether flushes while reading become one.
    var joinsFlushes = true
    /// For the peer to read our last words and close its end.
    var lingerTimeout = Duration.seconds(1)
    /// Bytes discarded meanwhile: a peer that is sending does not look for our last words before it has sent all.
    var lingerInput = 16 << 20
    /// Bytes that TLS answers by itself while the socket takes nothing, before nothing more is read.
    var waitingAnswers = 4 << 10

    /// Without bytes in either direction, after which OpenSSL's record buffers are given back.
    var idleTime = Duration.seconds(5)

    /// How often bytes move within the idle time for a connection to be busy, and keep the record buffers.
    static let busyCount = 16
    /// The plaintext that is encrypted before the channel is asked again whether it takes more.
    static let encryptedAtOnce = 64 << 10
    /// The plaintext fired in one read.
    static let decryptedAtOnce = 64 << 10
    /// RFC 8446, section 5.1.
    static let recordLength = 16 << 10
    /// More than any cipher suite that we offer adds to a record; a record that needs more still finds room.
    static let recordOverhead = 40
}
