internal import NIOCore
internal import OpenSSLTransport

// What the transport says.
extension ChannelProtocol {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        if isReading {
            isReading = false
            executor.abandonRead()
        }
        end(nil)
    }

    func channelActive(context: ChannelHandlerContext) {
        if !waitsForTLS { delegate?.transportBecameReady(nil) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isReading {
            isReading = true
            hasReceived = true
            executor.beginRead()
        }
        let bytes = unwrapInboundIn(data)
        switch state {
        case .active: parse(bytes)
        case .paused:
            var bytes = bytes
            if held == nil { held = bytes } else { held?.writeBuffer(&bytes) }
        case .closing, .flushing, .lingering, .closed: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isReading {
            executor.endRead()
            delegate?.readEnded()
            isReading = false
        }
        flush()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            watch.progressed(at: .now())  // the socket has taken most of what waited
            flush()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case TLSUserEvent.handshakeCompleted(let information):
            delegate?.transportBecameReady(information)
        case ChannelEvent.inputClosed:
            inputClosed()
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func inputClosed() {
        hasInputEnded = true
        switch state {
        case .lingering:
            context?.close(promise: nil)
        case .closing, .flushing, .closed:
            break
        case .active, .paused:
            if held != nil { return }  // replies may be among it: the end comes when it has been looked at
            if decoder.isInFrame {
                fail(.truncated(decoder.progress, peer: peer))
            } else {
                delegate?.inputEnded()
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if decoder.isInFrame, let error = error as? TLSError, error.isOfTheLine {
            fail(.truncated(decoder.progress, peer: peer, cause: error))
        } else {
            fail(.transport(error, peer: peer))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if isClosing || hasInputEnded && !decoder.isInFrame {
            end(nil)
        } else if decoder.isInFrame {
            end(.truncated(decoder.progress, peer: peer))
        } else {
            end(.broken(peer: peer))  // the transport is gone, and neither side has said that it would go
        }
        context.fireChannelInactive()
    }
}
