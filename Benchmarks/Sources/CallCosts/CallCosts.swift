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
        let inFlight = inFlight
        let each = calls / inFlight
        try await withServer(address(port: 0), configuration: ServerConfiguration(channel: configuration)) { channel in
            try await channel.serve { (content: Content) in content }
        } _: { server in
            try await withChannel(address(port: server.address.port ?? 0), configuration: configuration) { channel in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<inFlight {
                        group.addTask(executorPreference: channel.taskExecutor) {
                            for _ in 0..<each {
                                let reply: Content = try await channel.send(content)
                                _ = reply
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }
}

private final class Outcome: Sendable {
    let result = Mutex<Result<Void, any Error>?>(nil)
}
