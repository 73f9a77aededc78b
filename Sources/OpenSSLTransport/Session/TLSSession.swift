internal import COpenSSL
internal import NIOCore

/// One `SSL*` over a window BIO: bytes in, bytes out, no channel and no clock.
///
/// Each step reads ciphertext from the buffer it is given and never keeps any of it for later than the record that it
/// belongs to. What a step has for the peer waits in the session until ``takeOutput(allocator:)``, which must follow
/// *every* step: handshake flights, alerts, tickets and answers to KeyUpdate come out of reads and writes alike.
///
/// Used by one thread at a time; never inside one of its own steps, for nothing in a step calls out.
final class TLSSession {
    let ssl: OpaquePointer
    private let window: UnsafeMutablePointer<COpenSSL_WindowBIO>
    private var isHealthy = true

    /// Takes over `ssl`, which must have been set to connect or to accept, and frees it at the end.
    init(_ ssl: OpaquePointer) throws(TLSError) {
        guard let method = windowBIOMethod, let bio = COpenSSL_WindowBIO_new(method),
            let window = COpenSSL_WindowBIO_of(bio)
        else {
            SSL_free(ssl)
            throw TLSError(.handshakeFailed, phase: .handshake, message: "there is no memory for a TLS session")
        }
        SSL_set_bio(ssl, bio, bio)
        COpenSSL_SSL_set_mode(ssl, Int(SSL_MODE_RELEASE_BUFFERS))
        self.ssl = ssl
        self.window = window
    }

    deinit {
        // Freed without close_notify, a session would count as bad and could not be resumed, healthy as it was.
        if self.isHealthy, SSL_is_init_finished(self.ssl) == 1 {
            SSL_set_shutdown(self.ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        }
        SSL_free(self.ssl)
    }

    /// Goes on with the handshake, taking no more than `limit` bytes of `input`.
    func handshake(from input: inout ByteBuffer, limit: Int = .max) -> TLSStep {
        let (ssl, window) = (self.ssl, self.window)
        return self.judge(
            input.readWithUnsafeReadableBytes { ciphertext in
                COpenSSL_WindowBIO_open(window, ciphertext.baseAddress, min(ciphertext.count, limit), nil, 0)
                let step = COpenSSL_Step_handshake(ssl)
                COpenSSL_WindowBIO_close(window)
                return (window.pointee.input_taken, step)
            }
        )
    }

    /// Decrypts from `input` onto the end of `plaintext`, at most `limit` bytes and as long as there is ciphertext.
    func read(from input: inout ByteBuffer, into plaintext: inout ByteBuffer, limit: Int) -> TLSStep {
        let (ssl, window) = (self.ssl, self.window)
        let step = input.readWithUnsafeReadableBytes { ciphertext in
            COpenSSL_WindowBIO_open(window, ciphertext.baseAddress, ciphertext.count, nil, 0)
            var step = COpenSSL_Step()
            plaintext.writeWithUnsafeMutableBytes(minimumWritableBytes: 0) { memory in
                step = COpenSSL_Step_read(ssl, window, memory.baseAddress, min(memory.count, limit))
                return Int(step.count)
            }
            COpenSSL_WindowBIO_close(window)
            return (window.pointee.input_taken, step)
        }
        return self.judge(step)
    }

    /// Encrypts all of `plaintext` onto the end of `output`.
    ///
    /// Records are made in place if `output` has room for them; what does not fit comes right after it, by way of the
    /// session's own memory.
    func write(_ plaintext: UnsafeRawBufferPointer, into output: inout ByteBuffer) -> TLSStep {
        let (ssl, window) = (self.ssl, self.window)
        var step = COpenSSL_Step()
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: 0) { memory in
            COpenSSL_WindowBIO_open(window, nil, 0, memory.baseAddress, memory.count)
            step = COpenSSL_Step_write(ssl, plaintext.baseAddress, plaintext.count)
            COpenSSL_WindowBIO_close(window)
            return window.pointee.output_length
        }
        self.takeOutput(into: &output)
        return self.judge(step)
    }

    /// Says that we will send nothing more. The output then ends with close_notify; if the session has failed, with the
    /// alert that it already holds, for a dead session must not be shut down (SSL_shutdown(3)).
    func shutDown() -> TLSStep {
        guard self.isHealthy else { return TLSStep(count: 0, ending: .complete) }
        COpenSSL_WindowBIO_open(self.window, nil, 0, nil, 0)
        let step = COpenSSL_Step_shutdown(self.ssl)
        COpenSSL_WindowBIO_close(self.window)
        return self.judge(step)
    }

    /// Tells OpenSSL that the peer's stream has ended, so that the next read can tell a cut from a pause.
    func endInput() { self.window.pointee.end_of_input = 1 }

    /// Whether ``takeOutput(into:)`` has anything to take.
    var hasOutput: Bool { self.window.pointee.overflow_length > 0 }

    /// Moves what the session has for the peer to the end of `output` and frees the memory that held it.
    func takeOutput(into output: inout ByteBuffer) {
        let count = self.window.pointee.overflow_length
        guard count > 0 else { return }
        output.writeBytes(UnsafeRawBufferPointer(start: self.window.pointee.overflow, count: count))
        COpenSSL_WindowBIO_freeOverflow(self.window)
    }

    /// How many records in a row may bring no plaintext.
    static let maximumIdleRecords = Int(COpenSSL_maximumIdleRecords)

    /// The most plaintext that can come out of the session and `ciphertextCount` bytes more.
    func plaintextBound(ciphertextCount: Int) -> Int {
        Int(SSL_pending(self.ssl)) + self.window.pointee.record_taken + ciphertextCount
    }

    /// Whether the record buffers of OpenSSL (some 32 KiB) are kept from one record to the next; at first they are not. See
    /// SSL_MODE_RELEASE_BUFFERS in SSL_CTX_set_mode(3).
    var keepsBuffers = false {
        didSet {
            if self.keepsBuffers {
                COpenSSL_SSL_clear_mode(self.ssl, Int(SSL_MODE_RELEASE_BUFFERS))
            } else {
                COpenSSL_SSL_set_mode(self.ssl, Int(SSL_MODE_RELEASE_BUFFERS))
            }
        }
    }

    /// Gives back the record buffers that were kept, until they are needed again; see SSL_free_buffers(3).
    func freeIdleBuffers() {
        // Before 3.0.14 this could free a buffer that was in use (CVE-2024-4741).
        guard OpenSSL_version_num() >= 0x3000_00E0 else { return }
        SSL_free_buffers(self.ssl)
    }

    private func judge(_ step: COpenSSL_Step) -> TLSStep {
        let count = Int(clamping: step.count)
        // A fatal alert is among what comes first.
        if step.is_flooded != 0, step.ssl_error != SSL_ERROR_SSL { return TLSStep(count: count, ending: .flooded) }
        switch step.ssl_error {
        case SSL_ERROR_NONE: return TLSStep(count: count, ending: .complete)
        case SSL_ERROR_WANT_READ: return TLSStep(count: count, ending: .wantsMoreInput)
        case SSL_ERROR_ZERO_RETURN: return TLSStep(count: count, ending: .closeNotify)
        default:
            self.isHealthy = false
            return TLSStep(count: count, ending: .failed(OpenSSLFailure(step)))
        }
    }
}

extension OpenSSLFailure {
    fileprivate init(_ step: COpenSSL_Step) {
        let codes = withUnsafeBytes(of: step.errors) { Array($0.bindMemory(to: UInt.self)) }
        self.init(
            sslError: step.ssl_error,
            codes: Array(codes.prefix(Int(step.error_count)))
        )
    }
}
