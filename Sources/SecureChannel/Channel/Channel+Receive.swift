internal import NIOCore

extension Channel {
    /// Waits for the next request of the other side.
    ///
    /// Only one task may receive at a time; ``serve(_:maximumConcurrency:_:)`` handles many requests at once.
    ///
    /// - Throws: ``ChannelError`` with the code `alreadyReceiving`, or what closed the channel (`connectionClosed` for an
    ///   orderly end); `CancellationError` when the task was cancelled.
    public func receive() async throws -> Request {
        let receiving = NIOLoopBoundBox.makeBoxSendingValue(Receiving(), eventLoop: loop)
        let delivery = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: RequestContinuation) in
                onLoop { $0.receiveOne(continuation, as: receiving.value) }
            }
        } onCancel: {
            self.soon { $0.stop(receiving.value) }
        }
        switch delivery {
        case .request(let request):
            return Request(request, on: self)
        case .ended(let error):
            try Task.checkCancellation()
            throw error
        }
    }

    /// The other side's requests, one after the other, until the channel closes.
    ///
    /// An orderly end ends the sequence; a broken line throws. Handle requests at once with
    /// ``serve(_:maximumConcurrency:_:)``.
    public var requests: Requests { Requests(channel: self) }

    /// The requests of a channel; see ``Channel/requests``.
    public struct Requests: AsyncSequence, Sendable {
        public typealias Element = Request

        let channel: Channel

        public func makeAsyncIterator() -> Iterator { Iterator(channel: channel) }

        /// Receives one request after the other.
        public struct Iterator: AsyncIteratorProtocol {
            let channel: Channel

            public mutating func next() async throws -> Request? {
                do {
                    return try await channel.receive()
                } catch let error as ChannelError where error.code == .connectionClosed {
                    return nil
                }
            }

            public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Request? {
                do {
                    return try await channel.receive()
                } catch let error as ChannelError where error.code == .connectionClosed {
                    return nil
                }
            }
        }
    }
}
