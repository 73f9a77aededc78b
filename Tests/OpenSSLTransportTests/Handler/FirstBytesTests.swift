import NIOCore
import Testing

@testable import OpenSSLTransport

@Suite("What the first bytes say")
struct FirstBytesTests {
    private static let hello: [UInt8] = [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]

    private func ofClient(_ bytes: [UInt8]) -> FirstBytes {
        .ofClient(ByteBuffer(bytes: bytes).readableBytesView, maximumHelloLength: 32 << 10)
    }

    @Test("A hello is undecided until its length is there, and TLS from then on", arguments: 0...11)
    func hello(count: Int) {
        #expect(self.ofClient(Array(Self.hello.prefix(count))) == (count < 9 ? .undecided : .tls))
    }

    @Test("A hello in records of one byte is recognised within the promised number of bytes")
    func tinyRecords() {
        let records = Self.hello.dropFirst(5).flatMap { [22, 3, 1, 0, 1, $0] as [UInt8] }
        for count in 0...records.count {
            let verdict = self.ofClient(Array(records.prefix(count)))
            #expect(verdict == (count > FirstBytes.maximumUndecidedCount ? .tls : .undecided))
        }
    }

    @Test(
        "The declared length is checked to the byte",
        arguments: [(0x7FFF, true), (0x8000, true), (0x8001, false), (0xFF_FFFF, false)]
    )
    func declaredLength(length: Int, isAccepted: Bool) {
        let bytes: [UInt8] = [22, 3, 1, 2, 0, 1, UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255)]
        #expect(self.ofClient(bytes) == (isAccepted ? .tls : .helloTooLarge(declared: length)))
    }

    @Test(
        "Everything else is named at the first byte that differs",
        arguments: [
            (Array("GET /".utf8), FirstBytes.OtherProtocol.http), (Array("<!DOCTYPE HTML>".utf8), .http),
            (Array("SSH-2".utf8), .ssh),
            ([0, 0, 0, 9], .unencryptedFrame(length: 9)), ([1, 0, 0, 0, 1], .unencryptedFrame(length: 1 << 24)),
            ([1, 0, 0, 1], .unknown), ([0, 0, 0, 0], .unknown), ([0], .unknown), ([255, 255, 255, 255], .unknown),
            ([22, 2], .unknown), ([21, 4], .unknown), ([23, 2, 3], .unknown), ([128, 46, 2], .unknown),
            ([128, 46, 1, 0, 3], .unknown), ([128, 46, 1, 4, 0], .unknown), ([192, 46, 1, 3, 1], .unknown),
        ]
    )
    func others(bytes: [UInt8], expected: FirstBytes.OtherProtocol) {
        #expect(self.ofClient(bytes) == .notTLS(expected))
    }

    @Test(
        "Bytes of TLS that are refused before there is a session are answered with an alert, in the version that was offered",
        arguments: [
            ([22, 3, 1, 2, 0, 1, 0, 0x80, 1], FirstBytes.helloTooLarge(declared: 0x8001), [1, 47] as [UInt8]),
            ([22, 3, 3, 2, 0, 1, 0xFF, 0xFF, 0xFF], .helloTooLarge(declared: 0xFF_FFFF), [3, 47]),
            ([22, 3, 9, 2, 0, 1, 1, 0, 0], .helloTooLarge(declared: 0x1_0000), [3, 47]),
            ([128, 46, 1, 3, 1], .oldHello, [1, 70]), ([128, 46, 1, 3, 3], .oldHello, [3, 70]),
            ([159, 0, 1, 0, 2], .oldHello, [3, 70]), ([22, 3, 1, 0, 0], .noHello, [1, 10]),
            ([22, 3, 1, 0, 4, 2, 0, 0, 1], .noHello, [1, 10]), ([23, 3, 3], .noHello, [3, 10]),
            ([20, 3, 3, 0, 1, 1], .noHello, [3, 10]), ([22, 3, 1, 0, 1, 1, 23, 3, 1], .noHello, [1, 10]),
        ]
    )
    func refused(bytes: [UInt8], expected: FirstBytes, answer: [UInt8]) throws {
        #expect(self.ofClient(bytes) == expected)
        try withChannels { channels in
            try channels.server.connect()
            channels.server.deliver(ByteBuffer(bytes: bytes))
            #expect(channels.server.error?.alertSent?.rawValue == answer[1])
            #expect(Array(buffer: channels.server.takeWritten()) == [21, 3, answer[0], 0, 2, 2, answer[1]])
            // It is heard only if what the client still sends is read.
            channels.server.deliver(ByteBuffer(repeating: 0, count: 1 << 20))
            #expect(channels.server.isOpen)
            channels.server.socket.deliverEnd(channels.server.channel)
            #expect(!channels.server.isOpen)
        }
    }

    @Test("An alert is one whatever its level, and waited for until it is whole", arguments: 1...7)
    func alert(count: Int) throws {
        let bytes: [UInt8] = [21, 3, 1, 0, 2, 2, 80]
        #expect(self.ofClient(Array(bytes.prefix(count))) == (count < 7 ? .undecided : .alert(.internalError)))
        #expect(self.ofClient([21, 3, 1, 0, 3, 2, 80]) == .noHello)
    }

    @Test(
        "A server may begin with its hello or an alert",
        arguments: [
            ([], FirstBytes.undecided), ([22], .undecided), ([21], .undecided), ([22, 3], .tls), ([21, 3], .tls),
            ([22, 4], .notTLS(.unknown)), ([23], .notTLS(.unknown)), (Array("HTTP/1.1 400".utf8), .notTLS(.http)),
        ]
    )
    func ofServer(bytes: [UInt8], expected: FirstBytes) {
        #expect(FirstBytes.ofServer(ByteBuffer(bytes: bytes).readableBytesView) == expected)
    }

    @Test("No bytes whatever trap", arguments: 0..<500)
    func random(seed: UInt64) {
        var random = SplitMix(seed)
        var bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
            UInt8.random(in: 0...255, using: &random)
        }
        for (index, byte) in [UInt8(22), 3, 1, 0, 1].enumerated() where index < bytes.count && random.next() % 8 > 0 {
            bytes[index] = byte
        }
        if self.ofClient(bytes) == .undecided { #expect(bytes.count <= FirstBytes.maximumUndecidedCount) }
        _ = FirstBytes.ofServer(ByteBuffer(bytes: bytes).readableBytesView)
    }
}
