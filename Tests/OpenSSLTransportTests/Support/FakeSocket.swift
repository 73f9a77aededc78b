import NIOCore
import NIOEmbedded

/// What an embedded channel lacks of a socket: half-closure, and a count of what reached it. Stands below the handler
/// under test.
final class FakeSocket: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var outputIsClosed = false
    private(set) var flushCount = 0
    private(set) var readCount = 0
    /// The sizes of the writes that came down, in order.
    private(set) var writeSizes: [Int] = []
    /// What to do when a write comes down.
    var onWrite: (() -> Void)?
    private var endIsToDeliver = false
    private var inputHasEnded = false
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !self.outputIsClosed else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        self.writeSizes.append(self.unwrapOutboundIn(data).readableBytes)
        context.write(data, promise: promise)
        self.onWrite?()
    }

    func flush(context: ChannelHandlerContext) {
        guard !self.outputIsClosed else { return }  // what was not flushed before is lost
        self.flushCount += 1
        context.flush()
    }

    func read(context: ChannelHandlerContext) {
        self.readCount += 1
        context.read()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .output where self.outputIsClosed:
            promise?.fail(ChannelError.outputClosed)
        case .output where self.inputHasEnded:
            self.close(context: context, mode: .all, promise: promise)
        case .output:
            self.outputIsClosed = true
            self.endIsToDeliver = true
            promise?.succeed()
        default:
            if !self.outputIsClosed { self.endIsToDeliver = true }
            self.outputIsClosed = true
            context.close(mode: mode, promise: promise)
        }
    }

    // MARK: The other side of the socket

    func takeWritten(_ channel: EmbeddedChannel) -> ByteBuffer {
        var all = ByteBuffer()
        while var bytes = try? channel.readOutbound(as: ByteBuffer.self) { all.writeBuffer(&bytes) }
        return all
    }

    func takeEnd() -> Bool {
        defer { self.endIsToDeliver = false }
        return self.endIsToDeliver
    }

    func deliver(_ bytes: ByteBuffer, _ channel: EmbeddedChannel) {
        guard channel.isActive, !self.inputHasEnded else { return }
        channel.pipeline.fireChannelRead(bytes)
        channel.pipeline.fireChannelReadComplete()
    }

    /// The channel goes, without asking the handlers above.
    func closeAbruptly() { self.context?.close(mode: .all, promise: nil) }

    /// As a socket with `allowRemoteHalfClosure` does: once its own output is closed too, it closes.
    func deliverEnd(_ channel: EmbeddedChannel) {
        guard channel.isActive, !self.inputHasEnded, let context = self.context else { return }
        self.inputHasEnded = true
        if self.outputIsClosed {
            context.close(mode: .all, promise: nil)
        } else {
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
    }
}
