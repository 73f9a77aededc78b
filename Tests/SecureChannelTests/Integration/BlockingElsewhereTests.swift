import Foundation
import Synchronization
import TestCertificates
import Testing

@testable import OpenSSLTransport
@testable import SecureChannel

/// Files are read under a configuration's lock: whoever holds it makes the reading last.
private final class SlowReading: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    init(_ tls: TLSConfiguration) async {
        let isHeld = Gate()
        Thread {
            tls.loading.withLock { _ in
                isHeld.open()
                self.semaphore.wait()
            }
        }.start()
        await isHeld.wait()
    }

    func end() { semaphore.signal() }
    deinit { semaphore.signal() }
}

/// Sleeps not at all, and once.
private struct OnceClock: Clock {
    private let inner = ContinuousClock()
    private let sleeps = Counter()
    var now: ContinuousClock.Instant { inner.now }
    var minimumResolution: Duration { inner.minimumResolution }

    func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
        sleeps.increment()
        if sleeps.value > 1 { throw CancellationError() }
    }
}

@Suite("Certificates are not read on an event loop", .timeLimit(.minutes(2)))
struct BlockingElsewhereTests {
    /// What a handler does, on the event loop, that reads certificates.
    enum Work: String, CaseIterable {
        case openChannel, withChannel, inspectTLS, startServer, reloadWhenFilesChange
    }

    @Test("While certificates are read for a handler, the loop's other calls go on", arguments: Work.allCases)
    func othersGoOn(_ work: Work) async throws {
        let pki = TestPKI.shared
        let tls = TLSConfiguration(
            certificate: .pem(pki.files.server.chainPEM),
            privateKey: .pem(pki.files.server.privateKey.pem),
            trustRoots: .pem(pki.files.authority.certificate.pem),
            clientCertificates: .none
        )
        let reading = await SlowReading(tls)
        let begun = Gate()
        // One thread alone, so that whatever blocks it holds up all.
        let loops = EventLoops(threads: 1)
        try await withServer(.tls("127.0.0.1", 0, pki.server), onChannel: { await $0.waitUntilClosed() }) { target in
            let address = Address.tls("127.0.0.1", target.address.port ?? 0, tls)
            try await withPair(.tcp, server: .init(channel: .init(eventLoops: loops))) { channel in
                try await channel.serve { (name: String) in
                    guard name == "work" else { return name }
                    begun.open()
                    let configuration = ChannelConfiguration(eventLoops: loops)
                    switch work {
                    case .openChannel:
                        try await SecureChannel.openChannel(address, configuration: configuration).close()
                    case .withChannel:
                        try await SecureChannel.withChannel(address, configuration: configuration) { _ in }
                    case .inspectTLS:
                        _ = try await SecureChannel.inspectTLS(address, configuration: configuration)
                    case .startServer:
                        try await SecureChannel.startServer(.tls("127.0.0.1", 0, tls), onChannel: { _ in }).shutDown()
                    case .reloadWhenFilesChange:
                        try? await tls.reloadWhenFilesChange(clock: OnceClock()) { _ in }
                    }
                    return name
                }
            } _: { channel, _ in
                async let reply: String = channel.send("work")
                await begun.wait()
                for _ in 0..<20 {
                    let ping: String = try await channel.send("ping", timeout: .seconds(20))
                    #expect(ping == "ping")
                }
                reading.end()
                #expect(try await reply == "work")
            }
        }
    }
}
