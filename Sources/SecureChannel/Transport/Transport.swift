internal import NIOCore

/// What moves a channel's bytes: the one handler of its NIO pipeline. The framing above talks to it, and hears from it, by
/// direct calls, and does not know which it is.
///
/// Everything happens on the event loop.
protocol Transport: AnyObject {
    var eventLoop: any EventLoop { get }
    /// Whether what is written now leaves soon; otherwise it is better kept.
    var isWritable: Bool { get }
    /// How many bytes wait for the socket.
    var waitingByteCount: Int { get }

    /// Takes bytes to be sent with the next ``flush()``.
    func write(_ bytes: ByteBuffer)
    func flush()
    /// Calls once the socket has taken all that was written, with whether it has.
    func whenSent(_ call: @escaping (Bool) -> Void)
    /// The next `count` bytes are one message's, and best come in one buffer.
    func expect(_ count: Int)
    /// Turns reading on or off.
    func setReading(_ isOn: Bool)
    /// Tells the peer that nothing more will come, and goes on reading.
    func endOutput()
    /// Closes now, whatever may still be on its way.
    func close()
}
