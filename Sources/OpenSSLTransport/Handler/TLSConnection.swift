internal import COpenSSL
package import NIOCore

/// One TLS connection: ciphertext in and out below, plaintext above, and a pure state machine that decides. It knows no
/// pipeline: a ``TLSLine`` moves its bytes.
///
/// What goes for ``TLSHandler``, which is this in a NIO pipeline, goes for it.
package final class TLSConnection {
    /// What the connection began with; a reload before the first byte of the handshake still counts for it.
    var tls: TLSContext
    let configuration: TLSConfiguration?
    let host: String?
    let port: Int?
    let limits: TLSConnectionLimits

    // What every read and write touches. Release builds do not check at run time that accesses to it are exclusive, since that
    // was a quarter of all instructions: while such a value is changed in place, nothing is called that comes back to the same
    // value. Debug builds, and with them all tests, still check it.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var machine: TLSStateMachine
    /// What was written and not yet encrypted.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var pending: PlaintextQueue
    /// What one read brought and no step has taken yet.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var ciphertext = ByteBuffer()
    /// The bytes that belong together and are being collected.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var expected: ExpectedPlaintext?
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var session: TLSSession?
    /// Set from `begin` to `end`; timers act on it.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var line: (any TLSLine)?
    /// Set while the session may hold record buffers.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var idleTimer: Scheduled<Void>?
    /// How often bytes have moved since the idle timer was set.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var activityCount = 0
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var isProcessingInput = false
    /// Between a read and its end, when writes are collected for one flush.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var isInRead = false
    /// Somebody above has asked for a read and got nothing yet.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var readIsWanted = false
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var isEncrypting = false
    /// Ciphertext was written to the channel and not flushed.
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var needsFlush = false

    /// The handshake's deadline, then that of closing.
    var timer: Scheduled<Void>?
    /// A step of the handshake is done on a thread.
    var errand: HandshakeErrand?
    /// The program is being asked about the peer.
    var approval: Task<Void, Never>?
    var handshakeInputCount = 0
    /// Whether the peer has said anything.
    package var hasReceived: Bool { self.handshakeInputCount > 0 || self.ciphertext.readableBytes > 0 }
    var lingerInputCount = 0
    /// Why the connection is over, if it did not end well.
    var failure: (any Error)?
    /// The transport has reported an error itself, and there is nothing to add to it.
    var transportHasFailed = false

    var closePromises: [EventLoopPromise<Void>] = []
    var halfClosePromises: [EventLoopPromise<Void>] = []

    /// - Parameters:
    ///   - maximumPendingPlaintext: bytes that may wait to be encrypted.
    ///   - closeTimeout: how long a close may wait for flushed bytes to leave.
    package convenience init(
        _ configuration: TLSConfiguration,
        role: TLSRole,
        host: String?,
        port: Int?,
        maximumPendingPlaintext: Int,
        closeTimeout: Duration
    ) throws(TLSError) {
        var limits = TLSConnectionLimits()
        limits.pendingPlaintext = maximumPendingPlaintext
        limits.closeTimeout = closeTimeout
        limits.joinsFlushes = false  // a channel does so itself, with a bound
        self.init(try configuration.context(for: role), of: configuration, host: host, port: port, limits: limits)
    }

    init(
        _ tls: TLSContext,
        of configuration: TLSConfiguration? = nil,
        host: String?,
        port: Int? = nil,
        limits: TLSConnectionLimits = TLSConnectionLimits()
    ) {
        self.tls = tls
        self.configuration = configuration
        self.host = host
        self.port = port
        self.limits = limits
        self.machine = TLSStateMachine(role: tls.role)
        self.pending = PlaintextQueue(limit: limits.pendingPlaintext)
    }

    /// What to make a session of, now.
    func takeCurrentContext() {
        if let current = self.configuration?.currentContext(for: self.tls.role) { self.tls = current }
    }

    // MARK: Life

    package func begin(_ line: any TLSLine) {
        self.line = line
        if line.isActive { self.connect(line) }
    }

    /// The line is being taken away.
    package func end() {
        self.release(reason: self.failure ?? ChannelError.ioOnClosedChannel)
        self.line = nil
    }

    // MARK: From the socket

    package func receive(_ ciphertext: ByteBuffer, from line: any TLSLine) {
        self.isInRead = true
        self.receive(ciphertext, line)
    }

    package func endRead(_ line: any TLSLine) {
        self.isInRead = false
        self.sendPending(line)
        self.noteActivity(line)
        // A read that brought no plaintext is not what was asked for, and a handshake reads for itself.
        guard !self.machine.holdsInput else { return }
        if self.readIsWanted || self.machine.isHandshaking || self.machine.isClosing { line.readMore() }
    }

    package func becomeWritable(_ line: any TLSLine) {
        if self.machine.isCongested { self.readHeldLater(line) } else { _ = self.machine.decongest() }
        if !self.isInRead { self.sendPending(line) }
    }

    /// The transport has reported an error.
    package func receive(_ error: any Error, from line: any TLSLine) {
        guard let reason = error as? IOError else { return line.fail(error) }
        let error = TLSError.broken(reason, during: self.machine.phase, self.peer(line))
        if self.machine.isHandshaking {
            self.fail(error, line)
        } else if !self.machine.isClosing {
            self.transportHasFailed = true
            self.failure = error
            self.fireUnfinished(line)
            line.fail(error)
        }
    }

    // MARK: From above

    package func read(_ line: any TLSLine) {
        self.readIsWanted = true
        if !self.machine.holdsInput { line.readMore() }
    }

    package func flush(_ line: any TLSLine) {
        self.pending.markFlushed()
        if !(self.isInRead && self.limits.joinsFlushes) { self.sendPending(line) }
    }

    package func close(_ mode: CloseMode, promise: EventLoopPromise<Void>?, _ line: any TLSLine) {
        switch mode {
        case .all: self.close(promise, line)
        case .output: self.closeOutput(promise, line)
        // TLS has no way to tell the peer, and without its records a session cannot go on.
        case .input: promise?.fail(ChannelError.operationUnsupported)
        }
    }
}

@available(*, unavailable)
extension TLSConnection: Sendable {}
