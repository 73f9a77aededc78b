import NIOCore
import NIOPosix
import Testing

@testable import SecureChannel

#if os(Linux)
    @Suite("Options of the socket")
    struct SocketOptionsTests {
        /// What the system says of a connection that was configured so.
        private func options(_ configuration: SocketConfiguration) async throws -> [String: Int] {
            try await RawPeer.accept { port, _ in
                let connection = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .channelInitializer { connection in
                        configuration.apply(to: connection)
                        return connection.eventLoop.makeSucceededVoidFuture()
                    }
                    .connect(host: "127.0.0.1", port: port).get()
                let found = try await Self.options(of: connection)
                try await connection.close()
                return found
            }
        }

        private static func options(of connection: any NIOCore.Channel) async throws -> [String: Int] {
            var found: [String: Int] = [:]
            for (name, level, option) in [
                ("noDelay", NIOBSDSocket.OptionLevel.tcp, 1), ("keepAlive", .socket, 9), ("idle", .tcp, 4),
                ("interval", .tcp, 5), ("count", .tcp, 6), ("userTimeout", .tcp, 18),
            ] as [(String, NIOBSDSocket.OptionLevel, CInt)] {
                let option = ChannelOptions.Types.SocketOption(level: level, name: .init(rawValue: option))
                found[name] = try await connection.getOption(option).get()
            }
            return found
        }

        @Test("A connection that a server has accepted has the options of the server's configuration")
        func accepted() async throws {
            let configuration = ChannelConfiguration(
                socket: SocketConfiguration(
                    keepAlive: .init(idle: .seconds(3), interval: .seconds(7), count: 9),
                    userTimeout: .milliseconds(1234)
                )
            )
            let (found, sink) = AsyncStream.makeStream(of: [String: Int].self)
            try await withServer(
                .tcp("127.0.0.1", 0),
                configuration: ServerConfiguration(channel: configuration)
            ) { channel in
                let connection = await withUnsafeContinuation { continuation in
                    channel.onLoop {
                        continuation.resume(
                            returning: ($0.channelProtocol.transport as? PlainTransport)?.context?.channel
                        )
                    }
                }
                sink.yield(try await Self.options(of: try #require(connection)))
                await channel.waitUntilClosed()
            } _: { server in
                try await withChannel(server.address) { _ in
                    var options = found.makeAsyncIterator()
                    let found = try #require(await options.next())
                    #expect(found["noDelay"] != 0)
                    #expect(found["keepAlive"] != 0)
                    #expect(found["idle"] == 3)
                    #expect(found["interval"] == 7)
                    #expect(found["count"] == 9)
                    #expect(found["userTimeout"] == 1234)
                }
            }
        }

        @Test("Keep-alive, user timeout and no delay are on by default")
        func defaults() async throws {
            let found = try await options(SocketConfiguration())
            #expect(found["noDelay"] != 0)
            #expect(found["keepAlive"] != 0)
            #expect(found["idle"] == 30)
            #expect(found["interval"] == 10)
            #expect(found["count"] == 3)
            #expect(found["userTimeout"] == 60_000)
        }

        @Test("They are set to what is asked for, or off")
        func configured() async throws {
            let found = try await options(
                SocketConfiguration(
                    noDelay: false,
                    keepAlive: .init(idle: .milliseconds(1500), interval: .seconds(7), count: 9),
                    userTimeout: .milliseconds(1234)
                )
            )
            #expect(found["noDelay"] == 0)
            #expect(found["idle"] == 2)
            #expect(found["interval"] == 7)
            #expect(found["count"] == 9)
            #expect(found["userTimeout"] == 1234)
            let off = try await options(SocketConfiguration(keepAlive: nil, userTimeout: nil))
            #expect(off["keepAlive"] == 0)
            #expect(off["userTimeout"] == 0)
        }
    }
#endif
