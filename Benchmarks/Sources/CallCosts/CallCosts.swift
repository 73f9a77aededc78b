internal import BenchmarkContent
import ArgumentParser
internal import Dispatch
internal import Foundation
internal import SecureChannel
internal import Synchronization

/// Makes a number of calls with both ends on one event loop of one process, so that a tool which counts instructions or
/// allocations sees all of a call, and the same each time. The difference of two runs with different numbers of calls is
/// what calls cost; what is spent before and after them cancels out.
@main
struct CallCosts: ParsableCommand {
    @Option(help: "How many calls.") var calls = 1000
    @Option(help: "How many of them are in flight.") var inFlight = 1
    @Option(help: "Bytes of binary content.") var size = 64
    @Flag(help: "Send a struct of eight fields instead of bytes.") var record = false
    @Flag(help: "Open a connection for each call, one after the other, and close it.") var connect = false
    @Option(help: "The server's certificate; plain TCP without one.") var certificate: String?
    @Option(help: "Its key.") var privateKey: String?
    @Option(help: "The authority's certificates.") var trustRoots: String?

    func validate() throws {
        guard calls > 0, inFlight > 0, size >= 0 else { throw ValidationError("Numbers must be positive.") }
    }

    /// Keeps the main thread: an asynchronous entry point gives it up, which callgrind does not survive.
    func run() throws {
        let outcome = Outcome()
        let isDone = DispatchSemaphore(value: 0)
        let command = self
        Task {
            do {
                try await command.exchange()
                outcome.result.withLock { $0 = .success(()) }
            } catch {
                outcome.result.withLock { $0 = .failure(error) }
            }
            isDone.signal()
        }
        isDone.wait()
        try outcome.result.withLock { $0 }?.get()
    }

    private func exchange() async throws {
        if record {
            try await exchange(Record.example)
        } else {
            try await exchange([UInt8](repeating: 0x78, count: size))
        }
    }

    private func address(port: Int) -> Address {
        guard let certificate else { return .tcp("127.0.0.1", port) }
        return .tls(
            "localhost",
            port,
            TLSConfiguration(
                certificate: .file(certificate),
                privateKey: privateKey.map { .file($0) },
                trustRoots: trustRoots.map { .file($0) },
                clientCertificates: .none
            )
        )
    }

    private func exchange<Content: Codable & Equatable & Sendable>(_ content: Content) async throws {
        let configuration = ChannelConfiguration(eventLoops: EventLoops(threads: 1))
        try await withServer(address(port: 0), configuration: ServerConfiguration(channel: configuration)) { channel in
            try await channel.serve { (content: Content) in content }
        } _: { server in
            let address = address(port: server.address.port ?? 0)
            try await withChannel(address, configuration: configuration) { channel in
                // On the loop already here, so that all calls begin in one tick of it. Begun from another thread they fall
                // into batches by chance, each of which then goes round on its own, and a batch costs as much as several calls.
                try await withTaskExecutorPreference(channel.taskExecutor) {
                    if connect {
                        for _ in 0..<calls {
                            try await withChannel(address, configuration: configuration) { try await call($0, content) }
                        }
                    } else {
                        try await call(channel, content, inFlight: inFlight)
                    }
                }
            }
        }
    }

    private func call(_ channel: Channel, _ content: some Codable & Equatable & Sendable, inFlight: Int) async throws {
        let each = calls / inFlight
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<inFlight {
                group.addTask {
                    for _ in 0..<each { try await call(channel, content) }
                }
            }
            try await group.waitForAll()
        }
    }

    private func call<Content: Codable & Equatable & Sendable>(_ channel: Channel, _ content: Content) async throws {
        _ = try await channel.send(content) as Content
    }
}

private final class Outcome: Sendable {
    let result = Mutex<Result<Void, any Error>?>(nil)
}
