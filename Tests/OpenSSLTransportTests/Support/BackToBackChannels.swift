import NIOCore
import NIOEmbedded

@testable import OpenSSLTransport

/// A client and a server on embedded channels that share an event loop; bytes travel when ``shuttle()`` is called.
final class BackToBackChannels {
    /// How bytes are cut on their way.
    enum Delivery: Sendable, CustomStringConvertible {
        case whole
        case oneByOne
        case randomly(seed: UInt64)

        var description: String {
            switch self {
            case .whole: "whole"
            case .oneByOne: "one by one"
            case .randomly(let seed): "at random, seed \(seed)"
            }
        }

        static let all: [Delivery] = [.whole, .oneByOne, .randomly(seed: 1), .randomly(seed: 2)]
    }

    let loop = EmbeddedEventLoop()
    let client: ChannelEnd
    let server: ChannelEnd
    private let delivery: Delivery
    private var random: SplitMix

    init(_ client: TLSHandler, _ server: TLSHandler, delivery: Delivery = .whole) throws {
        self.delivery = delivery
        if case .randomly(let seed) = delivery { self.random = SplitMix(seed) } else { self.random = SplitMix(0) }
        self.client = try ChannelEnd(client, loop: self.loop)
        self.server = try ChannelEnd(server, loop: self.loop)
    }

    func connect() throws {
        try self.client.connect()
        try self.server.connect()
    }

    /// Connects and shakes hands, which must succeed.
    func open() throws {
        try self.connect()
        self.shuttle()
        for end in [self.server, self.client] { if let error = end.error { throw error } }
    }

    /// Carries bytes both ways until neither end has any; the ends of the streams too.
    func shuttle() {
        var moved = true
        while moved {
            moved = self.carry(from: self.client, to: self.server)
            moved = self.carry(from: self.server, to: self.client) || moved
            self.loop.run()
        }
    }

    @discardableResult
    func carry(from source: ChannelEnd, to destination: ChannelEnd) -> Bool {
        var bytes = source.takeWritten()
        let endsNow = source.socket.takeEnd()
        guard bytes.readableBytes > 0 || endsNow else { return false }
        while bytes.readableBytes > 0 {
            let count =
                switch self.delivery {
                case .whole: min(bytes.readableBytes, 65_536)
                case .oneByOne: 1
                case .randomly: Int.random(in: 1...min(bytes.readableBytes, 2_000), using: &self.random)
                }
            guard let piece = bytes.readSlice(length: count) else { break }
            destination.deliver(piece)
        }
        if endsNow { destination.socket.deliverEnd(destination.channel) }
        return true
    }

    /// Closes what is open, so that nothing is left on the loop.
    func finish() {
        for end in [self.client, self.server] { end.finish() }
        self.loop.advanceTime(by: .seconds(60))
    }
}

/// One end: its channel, and what is seen above and below its handler.
final class ChannelEnd {
    let channel: EmbeddedChannel
    let socket = FakeSocket()
    let application = Application()
    private(set) weak var handler: TLSConnection?

    init(_ handler: TLSHandler, loop: EmbeddedEventLoop) throws {
        self.handler = handler.connection
        self.channel = EmbeddedChannel(loop: loop)
        try self.channel.pipeline.syncOperations.addHandlers(self.socket, handler, self.application)
    }

    func connect() throws {
        self.channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    /// Writes and flushes.
    @discardableResult
    func send(_ bytes: some Sequence<UInt8>) -> EventLoopFuture<Void> {
        self.channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    @discardableResult
    func send(_ text: String) -> EventLoopFuture<Void> { self.send(text.utf8) }

    func deliver(_ bytes: ByteBuffer) { self.socket.deliver(bytes, self.channel) }
    func deliver(_ text: String) { self.deliver(ByteBuffer(string: text)) }

    func takeWritten() -> ByteBuffer { self.socket.takeWritten(self.channel) }

    /// As the socket does when it is full, and when it takes bytes again.
    func setWritable(_ isWritable: Bool) {
        self.channel.isWritable = isWritable
        self.channel.pipeline.fireChannelWritabilityChanged()
    }

    var receivedBuffer: ByteBuffer {
        var all = ByteBuffer()
        for bytes in self.application.received { all.writeImmutableBuffer(bytes) }
        return all
    }
    var receivedBytes: [UInt8] { Array(buffer: self.receivedBuffer) }
    var received: String { String(decoding: self.receivedBytes, as: UTF8.self) }
    var error: TLSError? { self.application.errors.first as? TLSError }
    var isOpen: Bool { self.channel.isActive }

    func finish() {
        self.socket.closeAbruptly()
        self.channel.embeddedEventLoop.run()
    }
}

/// Bytes that repeat only after a length that no record and no read has.
func randomBytes(_ count: Int, seed: UInt64 = 0) -> ByteBuffer {
    var random = SplitMix(seed)
    var block = ByteBuffer()
    for _ in 0..<8_191 { block.writeInteger(random.next()) }
    var bytes = ByteBuffer()
    while bytes.readableBytes < count { bytes.writeImmutableBuffer(block) }
    return bytes.getSlice(at: 0, length: count) ?? bytes
}

/// Random numbers that are the same in every run (the generator of Steele, Lea and Flood, 2014).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension ByteBuffer {
    /// Takes the next bytes, or as many as there are.
    mutating func take(_ count: Int) -> ByteBuffer {
        self.readSlice(length: min(count, self.readableBytes)) ?? ByteBuffer()
    }
}
