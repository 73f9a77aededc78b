import COpenSSL
import NIOCore
import Testing

@testable import OpenSSLTransport

@Suite("Sessions back to back")
struct TLSSessionTests {
    private struct Pair {
        let client: TLSSession
        let server: TLSSession

        init(client: TLSSession, server: TLSSession) {
            (self.client, self.server) = (client, server)
        }

        init(_ version: TLSVersion = .tls13) throws {
            let parties = try Parties(version: version, mutual: true)
            self.client = try TLSSession(parties.client.context(for: .client).makeSSL(peerHost: "localhost"))
            self.server = try TLSSession(parties.server.context(for: .server).makeSSL(peerHost: nil))
        }

        /// Gives back how many steps it took.
        func shakeHands() throws -> Int {
            var (toServer, toClient) = (ByteBuffer(), ByteBuffer())
            var (clientIsDone, serverIsDone) = (false, false)
            for step in 1...10 {
                clientIsDone = try self.isDone(self.client.handshake(from: &toClient))
                self.client.takeOutput(into: &toServer)
                serverIsDone = try self.isDone(self.server.handshake(from: &toServer))
                self.server.takeOutput(into: &toClient)
                if clientIsDone && serverIsDone { return step }
            }
            throw TLSError(.handshakeFailed, phase: .handshake, message: "more than ten steps")
        }

        private func isDone(_ step: TLSStep) throws -> Bool {
            switch step.ending {
            case .complete: return true
            case .wantsMoreInput: return false
            case .closeNotify, .flooded, .failed:
                throw TLSError(.handshakeFailed, phase: .handshake, message: "\(step)")
            }
        }
    }

    private func encrypt(_ bytes: [UInt8], _ session: TLSSession, capacity: Int = 0) -> ByteBuffer {
        var output = ByteBufferAllocator().buffer(capacity: capacity)
        let step = bytes.withUnsafeBytes { session.write($0, into: &output) }
        #expect(step.count == bytes.count)
        return output
    }

    @Test("They agree and exchange records", arguments: [TLSVersion.tls12, .tls13])
    func exchange(version: TLSVersion) throws {
        let pair = try Pair(version)
        #expect(try pair.shakeHands() <= 3)
        var records = self.encrypt(Array("hello".utf8), pair.client)
        var plaintext = ByteBufferAllocator().buffer(capacity: 64)
        let step = pair.server.read(from: &records, into: &plaintext, limit: 64)
        #expect(step.count == 5 && String(buffer: plaintext) == "hello" && records.readableBytes == 0)
        guard case .wantsMoreInput = step.ending else {
            throw TLSError(.closed, phase: .established, message: "\(step)")
        }
    }

    @Test(
        "Records are the same whether they fit the output window, in part, or not",
        arguments: [0, 1, 100, 20_000, 90_000]
    )
    func windows(capacity: Int) throws {
        let pair = try Pair()
        _ = try pair.shakeHands()
        let sent = (0..<70_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        var records = self.encrypt(sent, pair.client, capacity: capacity)
        #expect(!pair.client.hasOutput)
        #expect(records.readableBytes == 70_000 + 5 * 22)
        #expect(pair.server.plaintextBound(ciphertextCount: records.readableBytes) == records.readableBytes)
        var received: [UInt8] = []
        while records.readableBytes > 0 || pair.server.plaintextBound(ciphertextCount: 0) > 0 {
            var plaintext = ByteBufferAllocator().buffer(capacity: 4_096)
            _ = pair.server.read(from: &records, into: &plaintext, limit: 3_000)
            #expect(plaintext.readableBytes <= 3_000)
            received += plaintext.readableBytesView
        }
        #expect(received == sent)
    }

    @Test("The plaintext to come is known from what was taken of a record")
    func bound() throws {
        let pair = try Pair()
        _ = try pair.shakeHands()
        var record = self.encrypt([UInt8](repeating: 1, count: 1_000), pair.client)
        var plaintext = ByteBufferAllocator().buffer(capacity: 2_000)
        for taken in [3, 5, 500, 1_021] {
            var piece = record.take(taken - (1_022 - record.readableBytes))
            _ = pair.server.read(from: &piece, into: &plaintext, limit: 2_000)
            #expect(pair.server.plaintextBound(ciphertextCount: 0) == taken)
        }
        _ = pair.server.read(from: &record, into: &plaintext, limit: 400)
        #expect(plaintext.readableBytes == 400)
        #expect(pair.server.plaintextBound(ciphertextCount: 0) == 600)
    }

    /// As the provider of a token does, which is logged in already.
    @Test("What OpenSSL tried in vain on the way is no failure of a session that waits for more")
    func entriesOfTheWay() throws {
        let parties = try Parties(version: .tls13, mutual: true)
        let contexts = try (parties.client.context(for: .client), parties.server.context(for: .server))
        for context in [contexts.0, contexts.1] {
            SSL_CTX_set_info_callback(context.pointer) { _, _, _ in
                var nothing: UnsafePointer<UInt8>?
                X509_free(d2i_X509(nil, &nothing, 0))
                #expect(ERR_peek_error() != 0)
            }
        }
        let client = try TLSSession(contexts.0.makeSSL(peerHost: "localhost"))
        let server = try TLSSession(contexts.1.makeSSL(peerHost: nil))
        #expect(try Pair(client: client, server: server).shakeHands() <= 3)
        #expect(ERR_peek_error() == 0)
    }

    @Test("A goodbye is a goodbye, and a cut is a failure")
    func endings() throws {
        let pair = try Pair()
        _ = try pair.shakeHands()
        _ = pair.client.shutDown()
        var goodbye = ByteBuffer()
        pair.client.takeOutput(into: &goodbye)
        var plaintext = ByteBufferAllocator().buffer(capacity: 10)
        guard case .closeNotify = pair.server.read(from: &goodbye, into: &plaintext, limit: 10).ending else {
            Issue.record("no close_notify")
            return
        }
        // The other direction is open, and is cut.
        pair.client.endInput()
        var nothing = ByteBuffer()
        let step = pair.client.read(from: &nothing, into: &plaintext, limit: 10)
        let failure = try #require(step.failure)
        #expect(failure.sslError == SSL_ERROR_SSL)
        #expect(failure.codes.map { ERR_GET_REASON($0) } == [SSL_R_UNEXPECTED_EOF_WHILE_READING])
        #expect(ERR_peek_error() == 0)
    }

    @Test("Writing nothing writes nothing")
    func emptyWrite() throws {
        let pair = try Pair()
        _ = try pair.shakeHands()
        #expect(self.encrypt([], pair.client).readableBytes == 0)
        #expect(self.encrypt([1], pair.client).readableBytes == 23)
    }

    @Test("A handshake takes no more input than it is allowed")
    func handshakeLimit() throws {
        let pair = try Pair()
        var nothing = ByteBuffer()
        _ = pair.client.handshake(from: &nothing)
        var hello = ByteBuffer()
        pair.client.takeOutput(into: &hello)
        let count = hello.readableBytes
        _ = pair.server.handshake(from: &hello, limit: 100)
        #expect(hello.readableBytes == count - 100)
    }
}
