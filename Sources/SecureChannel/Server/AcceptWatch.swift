internal import Logging
internal import NIOCore

/// Says in the log when connections cannot be accepted, above all because the process has no file descriptors left. NIO's
/// handler before this one has accepting rest for a moment then, and it goes on by itself.
final class AcceptWatch: ChannelInboundHandler {
    typealias InboundIn = any NIOCore.Channel

    private let logger: Logger
    private var lastMessage = NIODeadline.distantPast

    init(logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let now = NIODeadline.now()
        if now - lastMessage > Self.pause {
            lastMessage = now
            logger.warning("Connections cannot be accepted.", metadata: ["error": "\(error)"])
        }
        if !(error is IOError) { context.fireErrorCaught(error) }
    }

    /// Between two messages.
    private static let pause = TimeAmount.seconds(10)
}
