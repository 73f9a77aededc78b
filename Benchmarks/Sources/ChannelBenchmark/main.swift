import Foundation
import SecureChannel

// serve ADDRESS CERT KEY | load PORT TLS SIZE WINDOW CONNECTIONS TOTAL CA
let arguments = CommandLine.arguments
switch arguments.dropFirst().first {
case "serve":
    let tls =
        arguments[3] == "-" ? nil : TLSConfiguration(certificate: .file(arguments[3]), privateKey: .file(arguments[4]))
    let port = Int(arguments[2])!
    let server = try await startServer(
        tls.map { .tls("127.0.0.1", port, $0) } ?? .tcp("127.0.0.1", port),
        configuration: ServerConfiguration(channel: ChannelConfiguration(eventLoops: EventLoops(threads: 1)))
    ) { channel in
        try await channel.serve { (content: Data) in content }
    }
    FileHandle.standardOutput.write(Data("listening on \(server.address)\n".utf8))
    await server.waitUntilShutDown()
case "load":
    let port = Int(arguments[2])!, isTLS = arguments[3] == "1", size = Int(arguments[4])!
    let window = Int(arguments[5])!, connections = Int(arguments[6])!, total = Int(arguments[7])!
    let address: Address =
        isTLS
        ? .tls("127.0.0.1", port, TLSConfiguration(trustRoots: .file(arguments[8]))) : .tcp("127.0.0.1", port)
    let configuration = ChannelConfiguration(eventLoops: EventLoops(threads: 1))
    let content = Data(repeating: 0x78, count: size)
    var channels: [Channel] = []
    for _ in 0..<connections { channels.append(try await openChannel(address, configuration: configuration)) }
    let begin = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
        for channel in channels {
            for _ in 0..<window {
                group.addTask(executorPreference: channel.taskExecutor) {
                    for _ in 0..<(total / connections / window) {
                        let reply: Data = try await channel.send(content)
                        if reply.count != size { fatalError("short") }
                    }
                }
            }
        }
        try await group.waitForAll()
    }
    let took = (ContinuousClock.now - begin) / .seconds(1)
    let done = total / connections / window * window * connections
    print("ours size=\(size) window=\(window) conns=\(connections) rps=\(Int(Double(done) / took)) seconds=\(took)")
default:
    print("usage: serve PORT CERT KEY | load PORT TLS SIZE WINDOW CONNECTIONS TOTAL CA")
}
