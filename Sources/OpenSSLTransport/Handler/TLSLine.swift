package import NIOCore

/// What a ``TLSConnection`` stands between: whoever moves its ciphertext, and whoever wants the plaintext.
///
/// One object is both, and everything happens on its event loop: a NIO handler's context, or a channel's own handler, which
/// then hears of plaintext by a call and not by an event.
package protocol TLSLine: AnyObject {
    var eventLoop: any EventLoop { get }
    var isActive: Bool { get }
    var peerAddress: SocketAddress? { get }

    // MARK: Ciphertext

    /// Whether the socket takes what is sent, or that would wait in memory.
    var isWritable: Bool { get }
    func send(_ ciphertext: ByteBuffer, promise: EventLoopPromise<Void>?)
    func flushSent()
    /// Something that nobody above has written is among what was sent, and will wait if the socket takes nothing.
    func noteAnswer()
    func readMore()
    func close(_ mode: CloseMode, promise: EventLoopPromise<Void>?)

    // MARK: Plaintext

    func establish(_ agreement: TLSConnectionInformation)
    func receive(_ plaintext: ByteBuffer)
    /// A read that the connection made itself, of what had been held back, is over.
    func endHeldRead()
    /// Reads on, if it was asked to read and was held back.
    func readOn()
    /// The peer has ended its side in an orderly way.
    func endInput()
    /// The connection is over, for this reason; reported once.
    func fail(_ error: any Error)
}
