import Foundation
import SecureChannel

// A server and a load generator over the public API alone, to be pinned to one core each and compared with any other
// server or client that speaks the wire.
let usage = """
    usage: ChannelBenchmark serve PORT CERTIFICATE KEY        certificate and key "-" for plain TCP
           ChannelBenchmark load PORT SIZE IN-FLIGHT CONNECTIONS REQUESTS [AUTHORITY]   TLS if there is an authority

    """

func refuse() -> Never {
    FileHandle.standardError.write(Data(usage.utf8))
    exit(2)
}

func number(_ index: Int) -> Int {
    guard CommandLine.arguments.indices.contains(index), let number = Int(CommandLine.arguments[index]), number > 0
    else {
        refuse()
    }
    return number
}

/// One event loop, so that one core is all it uses.
let configuration = ChannelConfiguration(eventLoops: EventLoops(threads: 1))

func serve(port: Int, certificate: String, key: String) async throws {
    let address: Address =
        certificate == "-"
        ? .tcp("127.0.0.1", port)
        : .tls("127.0.0.1", port, TLSConfiguration(certificate: .file(certificate), privateKey: .file(key)))
    let server = try await startServer(address, configuration: ServerConfiguration(channel: configuration)) { channel in
        try await channel.serve { (content: Data) in content }
    }
    FileHandle.standardOutput.write(Data("listening on \(server.address)\n".utf8))
    await server.waitUntilShutDown()
}

func load(port: Int, size: Int, inFlight: Int, connections: Int, requests: Int, authority: String?) async throws {
    let address: Address =
        authority.map { .tls("127.0.0.1", port, TLSConfiguration(trustRoots: .file($0))) } ?? .tcp("127.0.0.1", port)
    let content = Data(repeating: 0x78, count: size)
    let each = max(1, requests / connections / inFlight)
    var channels: [Channel] = []
    for _ in 0..<connections { channels.append(try await openChannel(address, configuration: configuration)) }
    let begin = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
        for channel in channels {
            for _ in 0..<inFlight {
                group.addTask(executorPreference: channel.taskExecutor) {
                    for _ in 0..<each {
                        let reply: Data = try await channel.send(content)
                        guard reply.count == content.count else { throw CocoaError(.fileReadCorruptFile) }
                    }
                }
            }
        }
        try await group.waitForAll()
    }
    let seconds = (ContinuousClock.now - begin) / .seconds(1)
    let rate = Int(Double(each * inFlight * connections) / seconds)
    print("size=\(size) in_flight=\(inFlight) connections=\(connections) requests_per_second=\(rate)")
    for channel in channels { await channel.close() }
}

let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "serve" where arguments.count == 5:
    try await serve(port: number(2), certificate: arguments[3], key: arguments[4])
case "load" where arguments.count == 7 || arguments.count == 8:
    try await load(
        port: number(2),
        size: number(3),
        inFlight: number(4),
        connections: number(5),
        requests: number(6),
        authority: arguments.count == 8 ? arguments[7] : nil
    )
default:
    refuse()
}
