import NIOCore
import NIOEmbedded
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Durations of TLS at their extremes", .timeLimit(.minutes(1)))
struct DurationTests {
    static let extremes: [Duration] = [
        Duration(attoseconds: .max), .seconds(Int64.max), .nanoseconds(Int64.max), Duration(attoseconds: 1), .zero,
        Duration(attoseconds: -1), .seconds(-1), .seconds(Int64.min), Duration(attoseconds: .min),
    ]

    @Test("A handshake's timeout is refused or works", arguments: extremes)
    func handshakeTimeout(_ timeout: Duration) throws {
        let parties = try Parties(handshakeTimeout: timeout)
        guard timeout > .zero else {
            for (configuration, role) in [(parties.client, TLSRole.client), (parties.server, .server)] {
                let error = #expect(throws: TLSError.self) { try configuration.validate(for: role) }
                #expect(error?.cause == .invalidConfiguration)
            }
            return
        }
        try withChannels(parties) { channels in
            try channels.connect()
            guard timeout > .seconds(1) else { return channels.loop.advanceTime(by: .milliseconds(1)) }
            channels.shuttle()
            #expect(channels.client.isOpen && channels.server.isOpen)
            channels.loop.advanceTime(by: .hours(24))
            #expect(channels.client.isOpen && channels.server.isOpen)
        }
    }

    @Test("Resumption is refused or works for any lifetime of its sessions", arguments: extremes + [.seconds(1)])
    func lifetime(_ lifetime: Duration) throws {
        let files = try Parties.files.get()
        let configuration = TLSConfiguration(
            certificate: .pem(files.server.chainPEM),
            privateKey: .pem(files.server.privateKey.pem),
            resumption: .tickets(lifetime: lifetime)
        )
        if lifetime == .seconds(1) { return try configuration.validate(for: .server) }
        let error = #expect(throws: TLSError.self) { try configuration.validate(for: .server) }
        #expect(error?.cause == .invalidConfiguration)
    }

    @Test("Any time to close is as long as a close may wait", arguments: extremes)
    func closeTimeout(_ timeout: Duration) throws {
        var limits = TLSConnectionLimits()
        limits.closeTimeout = timeout
        try withChannels(client: limits) { channels in
            try channels.connect()
            channels.shuttle()
            channels.client.channel.close(promise: nil)
            channels.shuttle()
            channels.loop.advanceTime(by: .seconds(10))
            #expect(!channels.client.isOpen)
        }
    }

    /// Counts as the continuous clock does, and sleeps for nobody.
    private struct NotingClock: Clock {
        let inner = ContinuousClock()
        var now: ContinuousClock.Instant { inner.now }
        var minimumResolution: Duration { inner.minimumResolution }
        func sleep(until deadline: ContinuousClock.Instant, tolerance: Duration?) async throws {
            throw CancellationError()
        }
    }

    @Test("Files are looked at in any interval", arguments: extremes)
    func interval(_ interval: Duration) async throws {
        let parties = try Parties()
        await #expect(throws: CancellationError.self) {
            try await parties.server.reloadWhenFilesChange(every: interval, clock: NotingClock()) { _ in }
        }
        let watching = Task { try await parties.server.reloadWhenFilesChange(every: interval) { _ in } }
        watching.cancel()
        await #expect(throws: CancellationError.self) { try await watching.value }
    }
}
