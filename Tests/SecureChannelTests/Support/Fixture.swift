import SecureChannel

/// Starts a server of `kind`, opens a channel to it, and takes both down again.
func withPair<Result: Sendable>(
    _ kind: TransportKind,
    codec: some Codec = .messagePack,
    server: ServerConfiguration = ServerConfiguration(),
    client: ChannelConfiguration = ChannelConfiguration(),
    onChannel: @escaping @Sendable (Channel) async throws -> Void,
    _ body: @Sendable (Channel, Server) async throws -> Result
) async throws -> Result {
    let addresses = try kind.makeAddresses()
    return try await withServer(addresses.server, codec: codec, configuration: server, onChannel: onChannel) { server in
        let channel = try await openChannel(addresses.client(server.address), codec: codec, configuration: client)
        do {
            let result = try await body(channel, server)
            await channel.close()
            return result
        } catch {
            await channel.close()
            throw error
        }
    }
}

/// What a handler may throw on purpose.
struct Refusal: Error, CustomStringConvertible {
    var description: String
}
