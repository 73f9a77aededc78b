import ArgumentParser
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import NIOPosix
internal import SwiftContract

/// Answers every request with its own content.
struct Serve: AsyncParsableCommand {
    @OptionGroup var options: ServeOptions

    func run() async throws {
        let transport = HTTP2ServerTransport.Posix(
            address: .ipv4(host: "127.0.0.1", port: Int(options.port)),
            transportSecurity: transportSecurity,
            config: .defaults {
                // As its own client has it, in place of 64 KiB: a content of 1 MiB need not wait for the window.
                $0.http2.targetWindowSize = 8 << 20
                $0.rpc.maxRequestPayloadSize = LoadOptions.sizeLimit
            },
            eventLoopGroup: oneLoop
        )
        let server = GRPCServer(transport: transport, services: [EchoService()])
        exitOnTermination()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.serve() }
            try announce(port: try await transport.listeningAddress.ipv4?.port ?? 0)
            try await group.waitForAll()
        }
        throw BenchmarkFailure("the server ended by itself")
    }

    // The transport lets nobody ask for TLS 1.3 alone, for a cipher suite, or for no session tickets.
    private var transportSecurity: HTTP2ServerTransport.Posix.TransportSecurity {
        .tls(
            certificateChain: [.file(path: options.certificate, format: .pem)],
            privateKey: .file(path: options.privateKey, format: .pem)
        ) {
            $0.requireALPN = true
            if let trustRoots = options.trustRoots {
                $0.trustRoots = .certificates([.file(path: trustRoots, format: .pem)])
                // Clients have no host name, but need a certificate.
                $0.clientCertificateVerification = .noHostnameVerification
            }
        }
    }
}
