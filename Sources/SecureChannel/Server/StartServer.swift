/// Starts a server that listens on `address` and runs `onChannel` for each channel that is opened to it.
///
/// ```swift
/// let server = try await startServer(.tls(host: "::", port: 5555, tls)) { channel in
///     try await channel.serve { (name: String) in "Hello, \(name)!" }
/// }
/// ```
///
/// When `onChannel` returns, its channel's open requests are finished and the channel is closed; when it throws, the channel
/// is closed and the error logged. It runs on the channel's event loop unless the configuration says otherwise. The server
/// runs until ``Server/shutDown(gracePeriod:)``, whether the value returned is kept or not.
///
/// - Parameters:
///   - address: where to listen: all addresses of a name; port 0 for a free port, which ``Server/address`` tells. A Unix
///     socket's file that no server listens on any more is replaced.
///   - codec: the codec of both ends, MessagePack by default.
///   - configuration: how to listen, timeouts and limits.
///   - onChannel: what to do with a channel; its handshake is done.
/// - Throws: ``ChannelError`` with the codes `invalidConfiguration`, `addressInUse`, `listenFailed` and `tlsFailed`.
public func startServer(
    _ address: Address,
    codec: some Codec = .messagePack,
    configuration: ServerConfiguration = ServerConfiguration(),
    onChannel: @escaping @Sendable (Channel) async throws -> Void
) async throws -> Server {
    try address.validate()
    try configuration.validate()
    let connections = Connections(configuration: configuration, onChannel: onChannel)
    if let tls = address.tls { connections.observeReloads(of: tls) }
    do {
        let listener = try await Listener(
            address: address,
            codec: codec,
            configuration: configuration,
            connections: connections
        ).listen()
        return Server(listener, connections)
    } catch {
        // Somebody may have connected to the first of several addresses; and reloads are nothing to it any more.
        await connections.shutDown(gracePeriod: .zero)
        throw error
    }
}

/// Runs a server for as long as `body` runs, and shuts it down then, whatever `body` does.
///
/// - Returns: what `body` returns.
/// - Throws: what ``startServer(_:codec:configuration:onChannel:)`` or `body` throws.
public func withServer<Result: Sendable>(
    _ address: Address,
    codec: some Codec = .messagePack,
    configuration: ServerConfiguration = ServerConfiguration(),
    onChannel: @escaping @Sendable (Channel) async throws -> Void,
    _ body: (Server) async throws -> Result
) async throws -> Result {
    let server = try await startServer(address, codec: codec, configuration: configuration, onChannel: onChannel)
    do {
        let result = try await body(server)
        await server.shutDown()
        return result
    } catch {
        await server.shutDown()
        throw error
    }
}
