import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: a handshake that comes to no end", .tags(.catalogue))
struct TimeoutRows {
    struct Silence: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var role: TLSRole
        /// How many bytes of the other side's flight arrive; nil for all.
        var count: Int?
        var reached: TLSHandshakeProgress
        var words: String
    }

    static let silences = [
        Silence(
            testDescription: "a client that says nothing",
            role: .server,
            count: 0,
            reached: .nothingReceived,
            words: "nothing was received from the client"
        ),
        Silence(
            testDescription: "a client that says three bytes",
            role: .server,
            count: 3,
            reached: .nothingReceived,
            words: "the client had sent 3 bytes"
        ),
        Silence(
            testDescription: "a client that says half a hello",
            role: .server,
            count: 100,
            reached: .begun,
            words: "the client's hello had not arrived whole"
        ),
        Silence(
            testDescription: "a client that says no more than hello",
            role: .server,
            count: nil,
            reached: .answered,
            words: "hello seen and answered, waiting for the client's last flight"
        ),
        Silence(
            testDescription: "a server that says nothing",
            role: .client,
            count: 0,
            reached: .nothingReceived,
            words: "nothing was received in answer to our hello"
        ),
        Silence(
            testDescription: "a server that stops in the middle",
            role: .client,
            count: 300,
            reached: .begun,
            words: "the server's flight had not arrived whole"
        ),
    ]

    @Test("37. The other side falls silent; who waits for it says what for, and how long", arguments: silences)
    func timeout(_ silence: Silence) throws {
        try withChannels(Parties(handshakeTimeout: .seconds(3))) { channels in
            try channels.connect()
            var flight = channels.client.takeWritten()
            if silence.role == .client {
                channels.server.deliver(flight)
                flight = channels.server.takeWritten()
            }
            let waiting = silence.role == .client ? channels.client : channels.server
            let bytes = flight.take(silence.count ?? flight.readableBytes)
            if bytes.readableBytes > 0 { waiting.deliver(bytes) }
            channels.loop.advanceTime(by: .seconds(3))
            try expect(
                waiting.error,
                as: silence.role,
                Expectation(
                    .handshakeTimedOut(silence.reached),
                    "the handshake was not over after 3.0 seconds: \(silence.words)",
                    hint: "Check that the other side speaks TLS on this port"
                )
            )
            #expect(!waiting.isOpen)
        }
    }
}
