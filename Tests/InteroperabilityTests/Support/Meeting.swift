import Foundation
import SecureChannel
import TestCertificates
import Testing

/// What the foreign party does; ours is the other end.
enum Role: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case serves, connects

    var testDescription: String { "it \(rawValue)" }
}

/// Our channel with a foreign party at its other end.
struct Meeting: Sendable {
    let channel: Channel
    let party: ForeignParty
    /// What the party says of the connection.
    let facts: Value
}

/// A foreign party that takes `serve` or `connect`, an address, and more arguments; it reports where it listens, and what it
/// knows of its connection.
struct Invitation: Sendable {
    enum Transport: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case tcp, unix, tls

        var testDescription: String { rawValue }
    }

    var command: [String]
    var arguments: [String] = []
    var role: Role
    var transport: Transport
    var codec: any Codec = .messagePack
    /// Ours for either role, where the transport is TLS.
    var tls = TLSConfiguration()
    var configuration = ChannelConfiguration()

    /// Brings both ends together, and takes them apart after `body`.
    func meet<Result: Sendable>(_ body: @Sendable (Meeting) async throws -> Result) async throws -> Result {
        let socket = "/tmp/sc-\(UUID().uuidString.prefix(13)).sock"
        defer { unlink(socket) }
        return switch role {
        case .serves: try await meetAsClient(socket, body)
        case .connects: try await meetAsServer(socket, body)
        }
    }

    private func meetAsClient<Result: Sendable>(
        _ socket: String,
        _ body: @Sendable (Meeting) async throws -> Result
    ) async throws -> Result {
        let place = transport == .unix ? "unix:\(socket)" : "\(transport.rawValue):127.0.0.1:0"
        return try await ForeignParty.run(command + ["serve", place] + arguments) { party in
            let port = try await party.report("listening")["port"]?.integer ?? 0
            let channel = try await open(address(port: port, socket))
            return try await closing(channel) {
                try await body(Meeting(channel: channel, party: party, facts: party.report("connected")))
            }
        }
    }

    private func meetAsServer<Result: Sendable>(
        _ socket: String,
        _ body: @Sendable (Meeting) async throws -> Result
    ) async throws -> Result {
        let (channels, accepted) = AsyncStream.makeStream(of: Channel.self)
        let server = try await start(address(port: 0, socket)) { channel in
            accepted.yield(channel)
            await channel.waitUntilClosed()
        }
        let port = server.address.port ?? 0
        let place = transport == .unix ? "unix:\(socket)" : "\(transport.rawValue):127.0.0.1:\(port)"
        do {
            let result = try await ForeignParty.run(command + ["connect", place] + arguments) { party in
                let channel = try await withDeadline(for: "the party's connection") {
                    for await channel in channels { return channel }
                    throw CancellationError()
                }
                return try await closing(channel) {
                    try await body(Meeting(channel: channel, party: party, facts: party.report("connected")))
                }
            }
            await server.shutDown(gracePeriod: .zero)
            return result
        } catch {
            await server.shutDown(gracePeriod: .zero)
            throw error
        }
    }

    private func address(port: Int, _ socket: String) -> Address {
        switch transport {
        case .tcp: .tcp("127.0.0.1", port)
        case .unix: .unix(socket)
        case .tls: .tls("127.0.0.1", port, tls)
        }
    }

    private func open(_ address: Address) async throws -> Channel {
        try await openChannel(address, codec: codec, configuration: configuration)
    }

    private func start(
        _ address: Address,
        onChannel: @escaping @Sendable (Channel) async throws -> Void
    ) async throws -> Server {
        try await startServer(
            address,
            codec: codec,
            configuration: ServerConfiguration(channel: configuration),
            onChannel: onChannel
        )
    }

    private func closing<Result: Sendable>(
        _ channel: Channel,
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await body()
            await channel.close()
            return result
        } catch {
            await channel.close()
            throw error
        }
    }
}

extension Meeting {
    /// Has the party do something, which scripts of ours know by a name, and gives back what it replies.
    func ask<Reply: Decodable & Sendable>(_ command: String, _ argument: Value = .null) async throws -> Reply {
        try await channel.send([.string(command), argument] as Value)
    }

    /// The same, where nothing is to come back.
    func ask(_ command: String, _ argument: Value = .null) async throws {
        try await channel.send([.string(command), argument] as Value)
    }
}
