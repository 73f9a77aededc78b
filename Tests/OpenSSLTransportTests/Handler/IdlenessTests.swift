import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("An idle connection")
struct IdlenessTests {
    @Test("It gives its record buffers back, takes no more timers, and works on when it is needed")
    func buffers() throws {
        try withOpenChannels { channels in
            let handler = try #require(channels.server.handler)
            for round in 0..<3 {
                channels.client.send("round \(round);")
                channels.shuttle()
                channels.server.send("back \(round);")
                channels.shuttle()
                #expect(handler.idleTimer != nil)
                channels.loop.advanceTime(by: .seconds(10))
                #expect(handler.idleTimer == nil)
            }
            #expect(channels.server.received == "round 0;round 1;round 2;")
            #expect(channels.client.received == "back 0;back 1;back 2;")
        }
    }

    @Test("Half a record is not lost to idleness")
    func halfRecord() throws {
        try withOpenChannels { channels in
            channels.client.send([UInt8](repeating: 3, count: 10_000))
            var record = channels.client.takeWritten()
            channels.server.deliver(record.take(5_000))
            channels.loop.advanceTime(by: .seconds(60))
            channels.server.deliver(record)
            #expect(channels.server.receivedBytes.count == 10_000)
            #expect(channels.server.error == nil)
        }
    }

    @Test("A connection in use keeps its buffers")
    func inUse() throws {
        try withOpenChannels { channels in
            let handler = try #require(channels.server.handler)
            for _ in 0..<20 {
                channels.client.send("tick")
                channels.shuttle()
                channels.loop.advanceTime(by: .seconds(1))
                #expect(handler.idleTimer != nil)
            }
        }
    }
}
