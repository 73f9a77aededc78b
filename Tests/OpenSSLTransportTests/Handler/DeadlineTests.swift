import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("The handshake's deadline")
struct DeadlineTests {
    /// How far the handshake goes before the peer falls silent.
    enum Progress: CaseIterable { case nothing, someBytes, halfHello, answered }

    @Test(
        "A server waits until the deadline, whatever has come, and says what it was waiting for",
        arguments: Progress.allCases
    )
    func server(progress: Progress) throws {
        try withChannels(Parties(handshakeTimeout: .seconds(3))) { channels in
            try channels.connect()
            var hello = channels.client.takeWritten()
            let (words, reached): (String, TLSHandshakeProgress)
            switch progress {
            case .nothing: (words, reached) = ("nothing was received", .nothingReceived)
            case .someBytes:
                channels.server.deliver(hello.take(3))
                (words, reached) = ("the client had sent 3 bytes", .nothingReceived)
            case .halfHello:
                channels.server.deliver(hello.take(100))
                (words, reached) = ("hello had not arrived whole", .begun)
            case .answered:
                channels.server.deliver(hello)
                (words, reached) = ("waiting for the client's last flight", .answered)
            }
            channels.loop.advanceTime(by: .milliseconds(2_999))
            #expect(channels.server.isOpen)
            channels.loop.advanceTime(by: .milliseconds(1))
            #expect(!channels.server.isOpen)
            #expect(channels.server.error?.cause == .handshakeTimedOut(reached))
            #expect(channels.server.error?.message.contains(words) == true)
        }
    }

    @Test("A client waits until the deadline too")
    func client() throws {
        try withChannels(Parties(handshakeTimeout: .seconds(3))) { channels in
            try channels.client.connect()
            channels.loop.advanceTime(by: .seconds(3))
            #expect(channels.client.error?.cause == .handshakeTimedOut(.nothingReceived))
            #expect(channels.client.error?.message.contains("nothing was received in answer") == true)
            #expect(!channels.client.isOpen)
        }
    }

    @Test("Bytes that drip in do not move the deadline")
    func absolute() throws {
        try withChannels(Parties(handshakeTimeout: .seconds(3))) { channels in
            try channels.connect()
            var hello = channels.client.takeWritten()
            var seconds = 0
            while channels.server.isOpen, let byte = hello.readSlice(length: 1) {
                channels.server.deliver(byte)
                channels.loop.advanceTime(by: .seconds(1))
                seconds += 1
            }
            #expect(seconds == 3)
            #expect(channels.server.error?.cause == .handshakeTimedOut(.nothingReceived))
        }
    }

    @Test("A connection outlives the deadline of its handshake")
    func established() throws {
        try withOpenChannels(Parties(handshakeTimeout: .seconds(3))) { channels in
            channels.loop.advanceTime(by: .seconds(30))
            channels.client.send("still here")
            channels.shuttle()
            #expect(channels.server.received == "still here")
        }
    }
}
