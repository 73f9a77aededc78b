import Foundation
import Logging
import SecureChannel
import Testing

/// A server of ours over TCP, and a raw peer that is connected to it.
private func withRawClient(
    _ configuration: ChannelConfiguration = ChannelConfiguration(),
    codec: some Codec = .messagePack,
    onChannel: @escaping @Sendable (Channel) async throws -> Void = { try await $0.serve { (value: Value) in value } },
    _ body: (RawPeer, Server) async throws -> Void
) async throws {
    try await withServer(
        .tcp("127.0.0.1", 0),
        codec: codec,
        configuration: ServerConfiguration(channel: configuration),
        onChannel: onChannel
    ) { server in
        let peer = try await RawPeer.connect(port: server.address.port ?? 0)
        try await body(peer, server)
        await peer.close()
    }
}

@Suite("The wire, spoken by hand", .timeLimit(.minutes(2)))
struct WireTests {
    @Test("A request is answered with its id unchanged, in MessagePack")
    func messagePack() async throws {
        try await withRawClient { peer, _ in
            try await peer.send(packedRequest(0x01020304, [0xA4] + Array("ohai".utf8)))
            #expect(await peer.readFrame() == [0x93, 0x01, 0xCE, 1, 2, 3, 4, 0xA4] + Array("ohai".utf8))
        }
    }

    @Test("A request is answered byte for byte as aiomas does, in JSON")
    func json() async throws {
        try await withRawClient(codec: .json) { peer, _ in
            try await peer.send(frame(Array(#"[0, 0, {"a": [1, 2.5, null, "\u00e4"]}]"#.utf8)))
            let reply = try #require(await peer.readFrame())
            #expect(String(decoding: reply, as: UTF8.self) == #"[1, 0, {"a": [1, 2.5, null, "\u00e4"]}]"#)
        }
    }

    @Test("Our request is a frame with type 0 and ids from 0")
    func ourRequest() async throws {
        try await RawPeer.accept { port, accepted in
            let channel = try await openChannel(.tcp("127.0.0.1", port))
            let peer = try await accepted()
            for id in 0..<3 as Range<UInt8> {
                let call = Task { try await channel.send("x", expecting: Int.self) }
                #expect(await peer.readFrame() == [0x93, 0x00, id, 0xA1, 0x78])
                try await peer.send(frame([0x93, 0x01, id, 0x2A]))
                #expect(try await call.value == 42)
            }
            await channel.close()
        }
    }

    @Test(
        "A request in any pieces is answered the same",
        arguments: [[1], [4], [5, 1], [3, 2, 1], [1000]]
    )
    func pieces(_ sizes: [Int]) async throws {
        try await withRawClient { peer, _ in
            let request = packedRequest(9, [0xC4, 200] + Array(repeating: 7, count: 200))
            var rest = request[...]
            var index = 0
            while !rest.isEmpty {
                let size = sizes[min(index, sizes.count - 1)]
                try await peer.send(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
                index += 1
            }
            #expect(await peer.readFrame() == [0x93, 0x01, 9, 0xC4, 200] + Array(repeating: 7, count: 200))
        }
    }

    @Test(
        "What breaks the wire format closes the channel, with a reason",
        arguments: [
            ("a length of zero", [0, 0, 0, 0], "length zero"),
            ("a length over the limit", [0xFF, 0xFF, 0xFF, 0xFF], "4294967295 bytes"),
            ("the limit and one", [0x01, 0x00, 0x00, 0x01], "16777217 bytes"),
            ("a TLS handshake", [0x16, 0x03, 0x01, 0x02, 0x00, 0x01], "TLS handshake"),
            ("HTTP", Array("GET / HTTP/1.1\r\n\r\n".utf8), "'GET '"),
            ("no array", frame([0xC0]), "head is not"),
            ("an array of two", frame([0x92, 0x00, 0x00]), "head is not"),
            ("an array of four", frame([0x94, 0x00, 0x00, 0x00, 0x00]), "head is not"),
            ("an unknown type", frame([0x93, 0x03, 0x00, 0xC0]), "head is not"),
            ("a negative id", frame([0x93, 0x00, 0xFF, 0xC0]), "head is not"),
            ("an id that is a float", frame([0x93, 0x00, 0xCA, 0, 0, 0, 0, 0xC0]), "head is not"),
            ("a payload that ends in its head", frame([0x93, 0x00]), "head is not"),
            ("a reply to a request that was never sent", frame([0x93, 0x01, 0x00, 0xC0]), "never sent"),
            ("a failure of a request that was never sent", frame([0x93, 0x02, 0x05, 0xA1, 0x78]), "never sent"),
        ] as [(String, [UInt8], String)]
    )
    func violations(_ name: String, _ bytes: [UInt8], _ reason: String) async throws {
        let (ends, ended) = AsyncStream.makeStream(of: ChannelError?.self)
        try await withRawClient(onChannel: { channel in
            do {
                _ = try await channel.receive()
                ended.yield(nil)
            } catch {
                ended.yield(error as? ChannelError)
            }
        }) { peer, _ in
            peer.push(bytes)
            #expect(await peer.readToEnd() == [])
            for await error in ends {
                #expect(error?.code == .invalidMessage, "\(name)")
                #expect(error?.message.contains(reason) == true, "\(name): \(error.map { "\($0)" } ?? "no error")")
                break
            }
        }
    }

    @Test("After a violation the server goes on with others")
    func serverGoesOn() async throws {
        try await withRawClient { peer, server in
            peer.push([0, 0, 0, 0])
            _ = await peer.readToEnd()
            let channel = try await openChannel(server.address)
            let reply: String = try await channel.send("still there?")
            #expect(reply == "still there?")
            await channel.close()
        }
    }

    @Test("A stream that ends in a message is told apart from one that ends between two, at every byte")
    func truncation() async throws {
        let request = packedRequest(1, [0xA4] + Array("ohai".utf8))
        for count in 0...request.count {
            let (ends, ended) = AsyncStream.makeStream(of: ChannelError?.self)
            try await withRawClient(onChannel: { channel in
                do {
                    let request = try await channel.receive()
                    try await request.reply(1)
                    _ = try await channel.receive()
                } catch {
                    ended.yield(error as? ChannelError)
                }
            }) { peer, _ in
                peer.push(Array(request.prefix(count)))
                try await peer.endOutput()
                for await error in ends {
                    let isWhole = count == 0 || count == request.count
                    #expect(error?.code == (isWhole ? .connectionClosed : .connectionReset), "\(count) bytes")
                    break
                }
            }
        }
    }

    @Test("Malformed content fails its own request, and the channel goes on")
    func malformedRequest() async throws {
        try await withRawClient(onChannel: { try await $0.serve { (text: String) in text } }) { peer, _ in
            try await peer.send(frame([0x93, 0x00, 0x00, 0xA5, 0x61]))  // a string that is cut off
            let failure = try #require(await peer.readFrame())
            #expect(Array(failure.prefix(3)) == [0x93, 0x02, 0x00])
            try await peer.send(frame([0x93, 0x00, 0x01, 0x07]))  // a number instead of a string
            #expect(Array(try #require(await peer.readFrame()).prefix(3)) == [0x93, 0x02, 0x01])
            try await peer.send(frame([0x93, 0x00, 0x02, 0xA1, 0x61]))
            #expect(await peer.readFrame() == [0x93, 0x01, 0x02, 0xA1, 0x61])
        }
    }

    @Test("Malformed content of a reply fails its own call, and the channel goes on")
    func malformedReply() async throws {
        try await RawPeer.accept { port, accepted in
            let channel = try await openChannel(.tcp("127.0.0.1", port))
            let peer = try await accepted()
            let call = Task { try await channel.send("x", expecting: String.self) }
            _ = await peer.readFrame()
            try await peer.send(frame([0x93, 0x01, 0x00, 0xA5, 0x61]))
            let error = await #expect(throws: ChannelError.self) { try await call.value }
            #expect(error?.code == .decodingFailed)
            let next = Task { try await channel.send("x", expecting: String.self) }
            _ = await peer.readFrame()
            try await peer.send(frame([0x93, 0x01, 0x01, 0xA1, 0x61]))
            #expect(try await next.value == "a")
            await channel.close()
        }
    }

    @Test("A failure's text is escaped and cut in the middle; a failure that is no text is shown all the same")
    func failureText() async throws {
        try await RawPeer.accept { port, accepted in
            let channel = try await openChannel(.tcp("127.0.0.1", port), codec: .json)
            let peer = try await accepted()
            let long = "Traceback\\n\\u001b[31m" + String(repeating: "x", count: 20_000) + "\\nValueError: the reason"
            for (id, content) in [(0, "\"\(long)\""), (1, #"{"code": 7}"#)] {
                let call = Task { try await channel.send("x", expecting: String.self) }
                _ = await peer.readFrame()
                try await peer.send(frame(Array("[2, \(id), \(content)]".utf8)))
                let error = try #require(await #expect(throws: RemoteError.self) { try await call.value })
                #expect(error.origin == "tcp://127.0.0.1:\(port)")
                if id == 0 {
                    #expect(error.message.hasPrefix("Traceback\n\\u{1b}[31m"))
                    #expect(error.message.hasSuffix("ValueError: the reason"))
                    #expect(error.message.count <= RemoteError.maximumMessageLength)
                } else {
                    #expect(error.message.contains("7"))
                }
            }
            await channel.close()
        }
    }

    @Test("When the line breaks everything that waits wakes, and says why", arguments: [true, false])
    func reset(_ withPartialReply: Bool) async throws {
        try await RawPeer.accept { port, accepted in
            let channel = try await openChannel(.tcp("127.0.0.1", port))
            let peer = try await accepted()
            let calls = (0..<10).map { _ in Task { try await channel.send("x", expecting: String.self) } }
            let receiving = Task { try await channel.receive() }
            for _ in 0..<10 { _ = await peer.readFrame() }
            if withPartialReply {
                try await peer.send([0, 0, 0, 9, 0x93])
                await peer.close()
            } else {
                try await peer.reset()
            }
            for call in calls {
                let error = await #expect(throws: ChannelError.self) { try await call.value }
                #expect(error?.code == .connectionReset)
            }
            let error = await #expect(throws: ChannelError.self) { _ = try await receiving.value }
            #expect(error?.code == .connectionReset)
            await channel.waitUntilClosed()
        }
    }

    @Test("A peer that ends its side still gets the replies that it waits for")
    func halfClose() async throws {
        try await withRawClient(onChannel: { channel in
            try await channel.serve { (number: Int) async throws -> Int in
                try await Task.sleep(for: .milliseconds(30))
                return number
            }
        }) { peer, _ in
            for id in 0..<5 as Range<UInt32> { peer.push(packedRequest(id, [UInt8(id)])) }
            try await peer.endOutput()
            var ids: Set<UInt8> = []
            for _ in 0..<5 { ids.insert(try #require(await peer.readFrame()).last ?? 99) }
            #expect(ids == [0, 1, 2, 3, 4])
            #expect(await peer.readToEnd() == [])
        }
    }

    @Test("A peer that sends requests without end is held back when nobody takes them")
    func unread() async throws {
        let (gates, gate) = AsyncStream.makeStream(of: Void.self)
        let limits = ChannelConfiguration(maximumInboundRequests: 10)
        try await withRawClient(
            limits,
            onChannel: { channel in
                for await _ in gates { break }
                #expect(await channel.openRequests == 11)
                try await channel.serve { (value: Value) in value }
            }
        ) { peer, server in
            let request = packedRequest(0, [0xC5, 0x10, 0x00] + Array(repeating: 1, count: 4096))
            for _ in 0..<2000 { peer.push(request) }  // more than the sockets' buffers hold
            while server.channels.isEmpty { await Task.yield() }
            while await server.channels.first?.openRequests ?? 0 < 11 { await Task.yield() }
            gate.yield()
            for _ in 0..<2000 { #expect(await peer.readFrame() != nil) }
        }
    }

    @Test("A peer that does not read is given up after the write timeout")
    func writeTimeout() async throws {
        let (ends, ended) = AsyncStream.makeStream(of: ChannelError?.self)
        let limits = ChannelConfiguration(writeTimeout: .milliseconds(200))
        try await withServer(
            .tcp("127.0.0.1", 0),
            configuration: ServerConfiguration(channel: limits),
            onChannel: { channel in
                do {
                    try await channel.serve { (_: Value) in Data(count: 8 << 20) }
                } catch {
                    ended.yield(error as? ChannelError)
                }
            }
        ) { server in
            let peer = try await RawPeer.connect(port: server.address.port ?? 0, reads: false)
            for id in 0..<20 as Range<UInt32> { peer.push(packedRequest(id, [0xC0])) }
            for await error in ends {
                #expect(error?.code == .writeTimedOut)
                break
            }
            await peer.close()
        }
    }

    @Test("Replies wait for a slow reader, so that few of them are held in memory, and all arrive")
    func slowReader() async throws {
        let made = Counter()
        try await withServer(
            .tcp("127.0.0.1", 0),
            onChannel: { channel in
                try await channel.serve(maximumConcurrency: 4) { (_: Value) in
                    made.increment()
                    return Data(count: 1 << 20)
                }
            }
        ) { server in
            let peer = try await RawPeer.connect(port: server.address.port ?? 0, reads: false)
            for id in 0..<200 as Range<UInt32> { peer.push(packedRequest(id, [0xC0])) }
            // Without the limit all 200 would be made at once; the sockets' own buffers hold a few.
            while await server.channels.first?.waitingReplies ?? 0 < 4 { await Task.yield() }
            #expect(made.value < 60)
            try await peer.setReading(true)
            for id in 0..<200 { #expect(await peer.readFrame()?.count == (id < 128 ? 3 : 4) + 5 + (1 << 20)) }
            await peer.close()
        }
    }

    @Test("A peer that ends its side gets a large reply whole")
    func halfCloseLargeReply() async throws {
        try await withRawClient(onChannel: { try await $0.serve { (_: Value) in Data(count: 12 << 20) } }) { peer, _ in
            peer.push(packedRequest(0, [0xC0]))
            try await peer.endOutput()
            #expect(await peer.readFrame()?.count == 3 + 5 + (12 << 20))
            #expect(await peer.readToEnd() == [])
        }
    }

    @Test("A channel that closes while its peer goes on sending loses none of its replies")
    func closeUnderFire() async throws {
        for _ in 0..<20 {
            try await withRawClient(onChannel: { channel in
                for _ in 0..<50 { try await channel.receive().reply(Data(count: 20_000)) }
                await channel.close()
            }) { peer, _ in
                for id in 0..<2000 as Range<UInt32> {
                    peer.push(packedRequest(id, [0xC5, 1, 0] + Array(repeating: 1, count: 256)))
                }
                for _ in 0..<50 { #expect(await peer.readFrame()?.count ?? 0 > 20_000) }
            }
        }
    }

    @Test("A peer that asks much, reads nothing and gets only failures is held back")
    func droppedFlood() async throws {
        let limits = ChannelConfiguration(maximumInboundRequests: 20, maximumWaitingBytes: 1000)
        let (gates, gate) = AsyncStream.makeStream(of: Channel.self)
        try await withServer(
            .tcp("127.0.0.1", 0),
            configuration: ServerConfiguration(channel: limits),
            onChannel: { channel in
                gate.yield(channel)
                for try await _ in channel.requests {}  // each is dropped, so each fails
            }
        ) { server in
            let peer = try await RawPeer.connect(port: server.address.port ?? 0, reads: false)
            let request = packedRequest(0, [0xC0])
            let many = Array((0..<200_000).map { _ in request }.joined())
            peer.push(many)
            var iterator = gates.makeAsyncIterator()
            let channel = try #require(await iterator.next())
            while await channel.openRequests < 21 { await Task.yield() }
            #expect(await channel.waitingBytes < 5000)
            try await peer.setReading(true)
            for _ in 0..<1000 { #expect(await peer.readFrame() != nil) }
            await peer.close()
        }
    }
}
