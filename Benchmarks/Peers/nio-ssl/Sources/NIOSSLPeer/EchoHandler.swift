internal import NIOCore
internal import SwiftContract

/// The server's end of a connection: answers every request with its own content, all that came together at once.
final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let requests = NIOSingleStepByteToMessageProcessor(MessageDecoder())
    private var replies = FrameCollector()
    private var isClosing = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        do {
            try requests.process(buffer: unwrapInboundIn(data)) { message in
                guard message.kind == .request else {
                    throw InvalidMessage(description: "the client replied, and nothing was asked")
                }
                replies.appendResult(of: message, to: context)
            }
        } catch {
            errorCaught(context: context, error: error)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        replies.flush(context)
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isClosing else { return }
        isClosing = true
        complain("nio-ssl: a connection was closed: \(error)")
        context.close(promise: nil)
    }
}
