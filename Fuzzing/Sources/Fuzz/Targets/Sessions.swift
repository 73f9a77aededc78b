internal import NIOCore
internal import NIOEmbedded
internal import OpenSSLTransport
internal import FuzzingCertificates

/// One end of a connection that exists in memory alone.
private final class End {
    let channel: EmbeddedChannel
    let heard = Heard()

    init(_ handler: TLSHandler, on loop: EmbeddedEventLoop) throws {
        channel = EmbeddedChannel(loop: loop)
        try channel.pipeline.syncOperations.addHandlers(handler, heard)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    }

    func deliver(_ bytes: [UInt8]) {
        guard channel.isActive, !bytes.isEmpty else { return }
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    func endInput() {
        if channel.isActive { channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    }

    func send(_ bytes: [UInt8]) {
        if channel.isActive { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
    }

    func takeWritten() -> [UInt8] {
        var bytes: [UInt8] = []
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) { bytes += Array(buffer: buffer) }
        return bytes
    }

    func close() {
        if channel.isActive { channel.close(promise: nil) }
    }
}

/// Stands above TLS and keeps what it hands on.
private final class Heard: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private(set) var bytes: [UInt8] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { bytes += Array(buffer: unwrapInboundIn(data)) }

    /// Refusals are what most inputs come to.
    func errorCaught(context: ChannelHandlerContext, error: any Error) { _ = "\(error)" }
}

/// Made once: each has its contexts.
private let configurations: [(client: TLSConfiguration, server: TLSConfiguration)] = [
    (TLSVersion.tls13, true), (.tls12, true), (.tls13, false), (.tls12, false),
].map { version, isMutual in
    let client = papers.client
    return (
        TLSConfiguration(
            certificate: isMutual ? .pem(client.chainPEM) : nil,
            privateKey: isMutual ? .pem(client.privateKey.pem) : nil,
            trustRoots: papers.roots,
            minimumVersion: .tls12,
            maximumVersion: version,
            applicationProtocols: ["one", "two"]
        ),
        TLSConfiguration(
            certificate: .pem(papers.server.chainPEM),
            privateKey: .pem(papers.server.privateKey.pem),
            trustRoots: isMutual ? papers.roots : nil,
            minimumVersion: .tls12,
            applicationProtocols: ["two"],
            resumption: isMutual ? .tickets() : .off
        )
    )
}

/// Whatever comes first, in pieces or not, nothing of it reaches the application.
func checkFirstBytes(_ bytes: [UInt8]) {
    var choices = Choices(bytes)
    let choice = choices.byte()
    let step = 1 + Int(choices.byte())
    let stream = choices.all()
    let (client, server) = configurations[Int(choice >> 1) % configurations.count]
    let loop = EmbeddedEventLoop()
    do {
        let handler =
            try choice & 1 == 0 ? TLSHandler(server: server) : TLSHandler(client: client, host: "localhost", port: 1)
        let end = try End(handler, on: loop)
        for start in stride(from: 0, to: stream.count, by: step) {
            end.deliver(Array(stream[start..<min(start + step, stream.count)]))
        }
        end.endInput()
        end.close()
        loop.advanceTime(by: .seconds(60))
        require(!end.channel.isActive, "a connection that was closed ends")
        require(end.heard.bytes.isEmpty, "nothing is handed on without a handshake")
    } catch {
        require(false, "a handler can be made: \(error)")
    }
}

func firstBytesSeeds() -> [[UInt8]] {
    let hello: [UInt8] =
        [22, 3, 1, 0, 45, 1, 0, 0, 41, 3, 3] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0x13, 1, 1, 0]
    let texts = ["GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n", "<html>", "\u{0}\u{0}\u{0}\u{5}hello"].map {
        Array($0.utf8)
    }
    return
        ([hello, [21, 3, 3, 0, 2, 2, 40], [0x80, 0x2E, 1, 0, 2], [22, 3, 1, 0, 1, 1, 22, 3, 1, 0, 1, 0xFF]] + texts)
        .flatMap { [[0, 255] + $0, [1, 255] + $0, [0, 0] + $0] }
}

/// A session whose peer's bytes are changed on their way, from some flight on: it may fail, but what it hands on is what
/// the peer has sent, from its beginning.
///
/// OpenSSL's random numbers differ from run to run, so an input is the same change of another session each time.
func checkSession(_ bytes: [UInt8], of role: TLSRole) {
    var choices = Choices(bytes)
    let (clientTLS, serverTLS) = configurations[Int(choices.byte()) % configurations.count]
    let intact = Int(choices.byte() % 8)
    let loop = EmbeddedEventLoop()
    do {
        let client = try End(TLSHandler(client: clientTLS, host: "localhost", port: 1), on: loop)
        let server = try End(TLSHandler(server: serverTLS), on: loop)
        let (victim, peer) = role == .client ? (client, server) : (server, client)
        var sent: [UInt8] = []
        for flight in 0..<16 {
            let message = [UInt8](repeating: UInt8(flight), count: 1 + flight * 3)
            sent += message
            peer.send(message)
            victim.send(message)
            peer.deliver(victim.takeWritten())
            let original = peer.takeWritten()
            victim.deliver(flight < intact ? original : changed(original, by: &choices))
            loop.run()
            require(sent.starts(with: victim.heard.bytes), "only what the peer has sent is handed on")
            if flight >= intact, choices.isEmpty, original.isEmpty { break }
        }
        // Else none of this says anything.
        require(bytes.count > 2 || sent == victim.heard.bytes, "unchanged bytes arrive")
        if choices.byte() & 1 == 1 { victim.endInput() }
        victim.close()
        peer.close()
        loop.advanceTime(by: .seconds(60))
        require(!victim.channel.isActive, "a connection that was closed ends")
    } catch {
        require(false, "a handler can be made: \(error)")
    }
}

private func changed(_ original: [UInt8], by choices: inout Choices) -> [UInt8] {
    var bytes = original
    for _ in 0..<4 where !choices.isEmpty {
        let operation = choices.byte() % 9
        let place = choices.number(below: bytes.count)
        switch operation {
        case 0: return bytes
        case 1: if !bytes.isEmpty { bytes[place] ^= 1 << (choices.byte() % 8) }
        case 2: if !bytes.isEmpty { bytes[place] = choices.byte() }
        case 3: bytes.insert(contentsOf: choices.bytes(Int(choices.byte())), at: place)
        case 4: bytes.removeSubrange(place..<min(place + Int(choices.byte()), bytes.count))
        case 5: bytes.removeSubrange(place...)
        case 6: bytes += original
        case 7: bytes = choices.bytes(Int(choices.byte())) + bytes
        // A whole record, of a kind and a length of its own choice.
        default:
            let content = choices.bytes(Int(choices.byte()))
            bytes += [20 + choices.byte() % 5, 3, 3, 0, UInt8(content.count)] + content
        }
    }
    return bytes
}

func sessionSeeds() -> [[UInt8]] {
    (0..<4).flatMap { configuration in
        (0..<4).flatMap { intact in
            [
                [configuration, intact, 1, 0, 9, 3], [configuration, intact, 8, 0, 0, 2, 2, 40, 1],
                [configuration, intact, 6, 0, 0], [configuration, intact, 3, 0, 5, 4, 1, 2, 3, 4],
                [configuration, intact],
            ]
        }
    }
}
