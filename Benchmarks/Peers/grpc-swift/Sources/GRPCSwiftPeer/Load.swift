import ArgumentParser
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import NIOPosix
internal import SwiftContract

/// Keeps a number of requests in flight on each of a number of connections: gRPC has one for each client.
struct Load: AsyncParsableCommand {
    @OptionGroup var options: LoadOptions

    private typealias Client = GRPCClient<HTTP2ClientTransport.Posix>

    func run() async throws {
        limitTime(of: options)
        let clients = try (0..<options.connections).map { _ in
            GRPCClient(
                transport: try HTTP2ClientTransport.Posix(
                    target: .ipv4(address: "127.0.0.1", port: Int(options.port)),
                    transportSecurity: transportSecurity,
                    config: .defaults { $0.http2.authority = "localhost" },
                    eventLoopGroup: oneLoop
                )
            )
        }
        try await withThrowingTaskGroup(of: Void.self) { connections in
            for client in clients { connections.addTask { try await client.runConnections() } }
            let content = options.requestContent
            for client in clients {
                // Later the length has to suffice: comparing costs time.
                guard try await client.echo(content) == content else {
                    throw BenchmarkFailure("a reply is not what was sent")
                }
            }
            let measurement = Measurement(options)
            let latencies = try await run(measurement, on: clients, sending: content)
            try measurement.report(latencies)
            for client in clients { client.beginGracefulShutdown() }
            try await connections.waitForAll()
        }
    }

    private func run(
        _ measurement: Measurement,
        on clients: [Client],
        sending content: [UInt8]
    ) async throws -> LatencyHistogram {
        try await withThrowingTaskGroup { group in
            for client in clients {
                for _ in 0..<options.inFlight {
                    group.addTask {
                        try await measurement.repeatCalls(expecting: content.count) {
                            try await client.echo(content).count
                        }
                    }
                }
            }
            return try await group.reduce(into: LatencyHistogram()) { $0.add($1) }
        }
    }

    private var transportSecurity: HTTP2ClientTransport.Posix.TransportSecurity {
        .tls {
            $0.trustRoots = .certificates([.file(path: options.trustRoots, format: .pem)])
            if let certificate = options.certificate, let privateKey = options.privateKey {
                $0.certificateChain = [.file(path: certificate, format: .pem)]
                $0.privateKey = .file(path: privateKey, format: .pem)
            }
        }
    }
}
