import Foundation
import SecureChannel
import Testing

@Suite("Failures whose content is no text", .timeLimit(.minutes(2)))
struct FailureContentTests {
    /// What mosaik's peers send: an exception's type, its words and its traceback.
    struct Exception: Codable, Hashable {
        var type: String
        var message: String
        var traceback: String

        init(_ type: String, _ message: String, _ traceback: String) {
            (self.type, self.message, self.traceback) = (type, message, traceback)
        }

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            type = try container.decode(String.self)
            message = try container.decode(String.self)
            traceback = try container.decode(String.self)
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            for text in [type, message, traceback] { try container.encode(text) }
        }
    }

    enum Kind: String, CaseIterable {
        case messagePack, json

        var codec: any Codec { self == .json ? JSONCodec() : MessagePackCodec() }

        /// `[2, id, ["KeyError", "x", "Trace\nback"]]`, by hand.
        func failure(id: UInt8) -> [UInt8] {
            switch self {
            case .json:
                return frame(Array(#"[2, \#(id), ["KeyError", "x", "Trace\nback"]]"#.utf8))
            case .messagePack:
                let strings = ["KeyError", "x", "Trace\nback"].flatMap {
                    [0xA0 | UInt8($0.utf8.count)] + Array($0.utf8)
                }
                return frame([0x93, 2, id, 0x93] + strings)
            }
        }

        func request(id: UInt8) -> [UInt8] {
            self == .json ? frame(Array("[0, \(id), 1]".utf8)) : frame([0x93, 0, id, 1])
        }
    }

    static let exception = Exception("KeyError", "x", "Trace\nback")

    @Test("A peer that sends a list is understood, and its words can be read", arguments: Kind.allCases)
    func received(_ kind: Kind) async throws {
        try await RawPeer.accept { port, accepted in
            let channel = try await open(port, kind.codec)
            let peer = try await accepted()
            let call = Task { try await channel.send("a", expecting: Int.self) }
            _ = await peer.readFrame()
            try await peer.send(kind.failure(id: 0))
            let error = try #require(await #expect(throws: RemoteError.self) { try await call.value })
            #expect(try error.content(as: Exception.self) == Self.exception)
            #expect(try error.content() == ["KeyError", "x", "Trace\nback"])
            #expect(error.message.contains("KeyError"))
            let wrong = try #require(#expect(throws: ChannelError.self) { try error.content(as: Int.self) })
            #expect(wrong.code == .decodingFailed && wrong.message.hasPrefix("The failure's content is not a Int"))
            await peer.close()
            await channel.close()
        }
    }

    @Test("A list that a request fails with is what the peer gets, byte for byte", arguments: Kind.allCases)
    func sent(_ kind: Kind) async throws {
        try await serve(kind.codec) { channel in
            for try await request in channel.requests { try await request.fail(content: Self.exception) }
        } _: { port in
            let peer = try await RawPeer.connect(port: port)
            for id in [0, 7] as [UInt8] {
                try await peer.send(kind.request(id: id))
                let reply = try #require(await peer.readFrame())
                #expect(frame(reply) == kind.failure(id: id))
            }
            await peer.close()
        }
    }

    @Test("Between channels of ours a failure's content arrives as it was given", arguments: Kind.allCases)
    func both(_ kind: Kind) async throws {
        try await serve(kind.codec) { channel in
            try await channel.receive().fail(content: Self.exception)
            try await channel.receive().fail(content: ["code": 7])
            try await channel.receive().fail("a \u{202E}text")
            try await channel.receive().fail(content: "another text")
        } _: { port in
            let channel = try await open(port, kind.codec)
            let list = try #require(await #expect(throws: RemoteError.self) { try await channel.send(0) })
            #expect(try list.content(as: Exception.self) == Self.exception)
            let map = try #require(await #expect(throws: RemoteError.self) { try await channel.send(0) })
            #expect(try map.content(as: [String: Int].self) == ["code": 7])
            #expect(map != list && map == map)
            let text = try #require(await #expect(throws: RemoteError.self) { try await channel.send(0) })
            #expect(try text.content(as: String.self) == "a \\u{202e}text")
            #expect(text.message == "a \\u{202e}text")
            let other = try #require(await #expect(throws: RemoteError.self) { try await channel.send(0) })
            #expect(other.message == "another text")
            await channel.close()
        }
    }

    @Test(
        "Content that cannot be sent is a failure all the same, and an error for whoever gave it",
        arguments: Kind.allCases
    )
    func impossible(_ kind: Kind) async throws {
        struct Unwritable: Encodable {
            func encode(to encoder: any Encoder) throws { throw CancellationError() }
        }
        let seen = Seen()
        var configuration = ChannelConfiguration()
        configuration.maximumMessageSize = 1000
        try await serve(kind.codec, configuration) { channel in
            for number in 0..<3 {
                let request = try await channel.receive()
                do throws(ChannelError) {
                    switch number {
                    case 0: try await request.fail(content: Unwritable())
                    case 1: try await request.fail(content: Array(repeating: "long", count: 1000))
                    default: try await request.fail(content: 1)
                    }
                    try await request.fail(content: 2)
                } catch {
                    seen.note(error.code.rawValue)
                }
            }
        } _: { port in
            let channel = try await open(port, kind.codec)
            let unwritable = try #require(await #expect(throws: RemoteError.self) { try await channel.send(0) })
            #expect(unwritable.message.hasPrefix("The failure's content could not be encoded"))
            let long = try #require(await #expect(throws: RemoteError.self) { try await channel.send(0) })
            #expect(long.message.contains("the maximum is 1000"))
            let number = try #require(await #expect(throws: RemoteError.self) { try await channel.send(0) })
            #expect(try number.content(as: Int.self) == 1)
            await channel.waitUntilClosed()
        }
        #expect(seen.entries == ["encodingFailed", "messageTooLarge", "alreadyReplied"])
    }

    @Test("An error that was made by hand has its message for its content")
    func byHand() throws {
        let error = RemoteError(origin: "here", message: "why")
        #expect(try error.content(as: String.self) == "why")
        #expect(throws: ChannelError.self) { try error.content(as: [String].self) }
        #expect(error == RemoteError(origin: "here", message: "why"))
    }

    // MARK: -

    private func open(_ port: Int, _ codec: some Codec) async throws -> Channel {
        try await openChannel(.tcp("127.0.0.1", port), codec: codec)
    }

    private func serve(
        _ codec: some Codec,
        _ configuration: ChannelConfiguration = ChannelConfiguration(),
        _ onChannel: @escaping @Sendable (Channel) async throws -> Void,
        _ body: (Int) async throws -> Void
    ) async throws {
        try await withServer(
            .tcp("127.0.0.1", 0),
            codec: codec,
            configuration: ServerConfiguration(channel: configuration),
            onChannel: onChannel
        ) { try await body($0.address.port ?? 0) }
    }
}
