internal import NIOCore
internal import NIOPosix

/// A client of our server that speaks whatever bytes it is given, and goes in one way or another.
enum StrangeClient {
    /// How it goes.
    enum Departure: Sendable {
        /// Waits until the server has ended the connection.
        case waitsForEnd
        /// Ends its side, then waits for the server's end.
        case endsItsSide
        /// Closes at once.
        case goes
        /// Resets the connection as soon as the server has answered something.
        case resets
    }

    /// Connects, says `bytes` and departs.
    ///
    /// - Throws: when the server has not ended the connection after 30 s.
    static func visit(port: Int, saying bytes: [UInt8], then departure: Departure) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { $0.pipeline.addHandler(Guest(departure)) }
            .connect(host: "127.0.0.1", port: port).get()
        do {
            if !bytes.isEmpty { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }
            switch departure {
            case .goes: try await channel.close()
            case .endsItsSide: try await channel.close(mode: .output)
            case .waitsForEnd, .resets: break
            }
        } catch {
            // The server may have been quicker.
        }
        let overdue = channel.eventLoop.scheduleTask(in: .seconds(30)) { channel.close(promise: nil) }
        try? await channel.closeFuture.get()
        overdue.cancel()
        // Cancelling one that has run does nothing, and then its future has succeeded.
        if (try? await overdue.futureResult.get()) != nil {
            throw Unexpected("the server had not ended a connection after 30 s")
        }
    }

    private final class Guest: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let departure: Departure

        init(_ departure: Departure) { self.departure = departure }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .resets = departure else { return }
            resetAndClose(context)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}

/// Closes so that the other side's system sees a reset.
func resetAndClose(_ context: ChannelHandlerContext) {
    let channel = context.channel
    guard let options = channel as? any SocketOptionProvider else { return channel.close(promise: nil) }
    options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in channel.close(promise: nil) }
}
