import NIOCore

@testable import OpenSSLTransport

/// Stands above the handler under test and notes what it hears.
final class Application: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    enum Event: Equatable {
        case active, handshakeCompleted, read(Int), inputClosed, error, inactive
    }

    private(set) var events: [Event] = []
    private(set) var received: [ByteBuffer] = []
    private(set) var errors: [any Error] = []
    private(set) var information: TLSConnectionInformation?
    private(set) var readCompleteCount = 0

    /// What to do when something is heard, re-entrantly.
    var onRead: ((ChannelHandlerContext, ByteBuffer) -> Void)?
    var onEvent: ((ChannelHandlerContext, Event) -> Void)?

    func channelActive(context: ChannelHandlerContext) { self.note(.active, context) }
    func channelInactive(context: ChannelHandlerContext) { self.note(.inactive, context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        self.received.append(bytes)
        self.note(.read(bytes.readableBytes), context)
        self.onRead?(context, bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) { self.readCompleteCount += 1 }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let information) = event as? TLSUserEvent {
            self.information = information
            self.note(.handshakeCompleted, context)
        } else if event as? ChannelEvent == .inputClosed {
            self.note(.inputClosed, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.errors.append(error)
        self.note(.error, context)
    }

    func forgetReceived() { self.received = [] }

    private func note(_ event: Event, _ context: ChannelHandlerContext) {
        self.events.append(event)
        self.onEvent?(context, event)
    }
}
