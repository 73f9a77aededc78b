internal import NIOCore
internal import OpenSSLTransport

// What the transport says.
extension ChannelProtocol {
    func attach(_ transport: any Transport) {
        self.transport = transport
    }

    /// The transport is gone, or taken away.
    func detach() {
        transport = nil
        if isReading {
            isReading = false
            executor.abandonRead()
        }
        end(nil)
    }

    func becomeReady(_ tls: TLSConnectionInformation?) {
        delegate?.transportBecameReady(tls)
    }

    func receive(_ bytes: ByteBuffer) {
        if !isReading {
            isReading = true
            hasReceived = true
            executor.beginRead()
        }
        switch state {
        case .active: parse(bytes)
        case .paused:
            var bytes = bytes
            if held == nil { held = bytes } else { held?.writeBuffer(&bytes) }
        case .closing, .flushing, .lingering, .closed: break
        }
    }

    func endRead() {
        if isReading {
            executor.endRead()
            delegate?.readEnded()
            isReading = false
        }
        flush()
    }

    func becomeWritable() {
        watch.progressed(at: .now())  // the socket has taken most of what waited
        flush()
    }

    /// The peer will send nothing more.
    func endInput() {
        hasInputEnded = true
        switch state {
        case .lingering:
            transport?.close()
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

    /// The transport has failed.
    func receive(_ error: any Error) {
        if decoder.isInFrame, let error = error as? TLSError, error.isOfTheLine {
            fail(.truncated(decoder.progress, peer: peer, cause: error))
        } else {
            fail(.transport(error, peer: peer))
        }
    }

    /// The transport is closed, by whomever.
    func endTransport() {
        if isClosing || hasInputEnded && !decoder.isInFrame {
            end(nil)
        } else if decoder.isInFrame {
            end(.truncated(decoder.progress, peer: peer))
        } else {
            end(.broken(peer: peer))  // the transport is gone, and neither side has said that it would go
        }
    }
}
