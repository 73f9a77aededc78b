import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

/// A client and a server in one thread, whose bytes go from one to the other in memory: real handshakes without a wire.
struct MemoryHandshake {
    /// How one side saw it.
    typealias Outcome = Result<TLSConnectionInformation, TLSError>

    let client: Outcome
    let server: Outcome

    /// - Parameter prepare: Changes the contexts before, to do what a configuration would not let one do.
    init(
        client: TLSConfiguration,
        server: TLSConfiguration,
        host: String? = "localhost",
        prepare: (_ client: TLSContext, _ server: TLSContext) throws -> Void = { _, _ in }
    ) throws {
        let contexts = (client: try client.context(for: .client), server: try server.context(for: .server))
        try prepare(contexts.client, contexts.server)
        let client = try MemoryParty(contexts.client, host: host)
        let server = try MemoryParty(contexts.server, host: nil)
        while client.step() || server.step() {
            server.receive(client.takeOutput())
            client.receive(server.takeOutput())
        }
        self.client = client.outcome
        self.server = server.outcome
    }
}

/// One side of a connection, over two memory BIOs.
final class MemoryParty {
    let context: TLSContext
    let ssl: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer
    private var information: TLSConnectionInformation?
    private(set) var error: TLSError?
    private(set) var received: [UInt8] = []
    private var hasStarted = false
    private var hasNews = false

    init(_ context: TLSContext, host: String?) throws {
        self.context = context
        self.ssl = try context.makeSSL(peerHost: host)
        self.input = try #require(BIO_new(BIO_s_mem()))
        self.output = try #require(BIO_new(BIO_s_mem()))
        SSL_set_bio(self.ssl, self.input, self.output)
    }

    deinit { SSL_free(self.ssl) }

    var outcome: MemoryHandshake.Outcome {
        if let error = self.error { return .failure(error) }
        if let information = self.information { return .success(information) }
        return .failure(TLSError(.handshakeFailed, phase: .handshake, message: "it has not ended"))
    }

    /// Goes on if there is anything to go on with, and says whether it did.
    func step() -> Bool {
        guard self.error == nil, self.hasNews || !self.hasStarted else { return false }
        self.hasStarted = true
        self.hasNews = false
        if self.information == nil { self.shakeHands() }
        if self.information != nil, self.error == nil { self.read() }
        return true
    }

    func takeOutput() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = BIO_read(self.output, &bytes, Int32(bytes.count))
        return count > 0 ? Array(bytes.prefix(Int(count))) : []
    }

    func receive(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        self.hasNews = true
        BIO_write(self.input, bytes, Int32(bytes.count))
    }

    /// From now on an empty input is the end of the stream.
    func endInput() {
        self.hasNews = true
        BIO_ctrl(self.input, BIO_C_SET_BUF_MEM_EOF_RETURN, 0, nil)
    }

    func write(_ bytes: [UInt8]) { SSL_write(self.ssl, bytes, Int32(bytes.count)) }

    private func shakeHands() {
        ERR_clear_error()
        let result = SSL_do_handshake(self.ssl)
        if result == 1 {
            do {
                self.information = try self.context.agreement(of: self.ssl, peerAddress: "the peer")
            } catch {
                self.error = error
            }
        } else {
            self.fail(result, .handshake)
        }
    }

    private func read() {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while true {
            ERR_clear_error()
            let count = SSL_read(self.ssl, &bytes, Int32(bytes.count))
            guard count > 0 else { return self.fail(count, .established) }
            self.received += bytes.prefix(Int(count))
        }
    }

    private func fail(_ result: Int32, _ phase: TLSError.Phase) {
        guard COpenSSL_Step_wantsInput(self.ssl) == 0 else { return }
        let sslError = SSL_get_error(self.ssl, result)
        self.error = .explaining(
            OpenSSLFailure(sslError: sslError, codes: OpenSSLErrorQueue.drain()),
            ssl: self.ssl,
            role: self.context.role,
            phase: phase,
            peerAddress: "the peer"
        )
    }
}

extension MemoryHandshake.Outcome {
    var information: TLSConnectionInformation? { try? self.get() }

    var error: TLSError? {
        if case .failure(let error) = self { return error }
        return nil
    }
}

extension TLSContext {
    /// Shows another identity than its configuration's, whatever is wrong with it.
    func present(_ identity: Identity) throws {
        SSL_CTX_set_security_level(self.pointer, 0)
        COpenSSL_SSL_CTX_clear_chain_certs(self.pointer)
        for (index, certificate) in identity.chain.enumerated() {
            let x509 = try #require(certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
            if index == 0 {
                try #require(SSL_CTX_use_certificate(self.pointer, x509.pointer) == 1)
            } else {
                try #require(COpenSSL_SSL_CTX_add1_chain_cert(self.pointer, x509.pointer) == 1)
            }
        }
        let key = try #require(identity.privateKey.der.withUnsafeBytes { KeyHandle(der: $0) })
        try #require(SSL_CTX_use_PrivateKey(self.pointer, key.pointer) == 1)
    }
}

extension TLSConfiguration.CertificateChain {
    static func identity(_ identity: Identity) -> Self { .pem(identity.chainPEM) }
}

extension TLSConfiguration.PrivateKey {
    static func identity(_ identity: Identity) -> Self { .pem(identity.privateKey.pem) }
}
