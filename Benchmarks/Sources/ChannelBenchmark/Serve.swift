internal import BenchmarkContent
import ArgumentParser
internal import Dispatch
internal import Foundation
internal import SecureChannel

/// Answers every request with its own content.
struct Serve: AsyncParsableCommand {
    @Option(help: "The port on this machine; 0 for any.") var port = 0
    @Option(help: "The server's certificate; plain TCP without one.") var certificate: String?
    @Option(help: "Its key.") var privateKey: String?
    @Option(help: "Whom clients' certificates must be signed by.") var trustRoots: String?
    @Option(help: "What the content is read as, and written again: bytes or record.") var content = ContentKind.bytes

    private var address: Address {
        guard let certificate else { return .tcp("127.0.0.1", port) }
        return .tls(
            "127.0.0.1",
            port,
            TLSConfiguration(
                certificate: .file(certificate),
                privateKey: privateKey.map { .file($0) },
                trustRoots: trustRoots.map { .file($0) }
            )
        )
    }

    func run() async throws {
        let content = content
        let server = try await startServer(address, configuration: ServerConfiguration(channel: oneLoop)) { channel in
            switch content {
            case .bytes: try await channel.serve { (bytes: [UInt8]) in bytes }
            case .record: try await channel.serve { (record: Record) in record }
            }
        }
        FileHandle.standardOutput.write(Data("listening \(server.address.port ?? 0)\n".utf8))
        signal(SIGTERM, SIG_IGN)
        let termination = DispatchSource.makeSignalSource(signal: SIGTERM)
        termination.setEventHandler { Foundation.exit(0) }
        termination.resume()
        await server.waitUntilShutDown()
    }
}
