import Foundation
import Synchronization
import TestCertificates
import Testing

@testable import SecureChannel

/// Certificates are replaced ten times a second, at both ends of mutual TLS, while clients connect as fast as they can.
///
/// For 4 s, or for as many as RELOAD_TEST_SECONDS says.
@Suite("Reloading under load", .timeLimit(.minutes(60)))
struct ReloadUnderLoadTests {
    /// The certificates of one end in the order of their use, and from which on new connections must have them.
    private final class Generations: Sendable {
        private let state = Mutex<(indices: [[UInt8]: Int], current: Int)>(([:], 0))

        /// To be called before the certificate is used.
        func announce(_ fingerprint: [UInt8]) { state.withLock { $0.indices[fingerprint] = $0.indices.count } }
        /// To be called once it is.
        func confirm() { state.withLock { $0.current = $0.indices.count - 1 } }
        var current: Int { state.withLock { $0.current } }
        func index(of fingerprint: [UInt8]?) -> Int? { state.withLock { $0.indices[fingerprint ?? []] } }
    }

    private struct Side {
        let tls: TLSConfiguration
        let generations = Generations()
        let issue: @Sendable () throws -> Identity

        init(_ party: Party, _ issue: @escaping @Sendable () throws -> Identity) throws {
            let identity = try issue()
            self.issue = issue
            tls = party.configuration(identity)
            generations.announce(identity.certificate.fingerprint)
        }

        func renew() throws {
            let identity = try issue()
            generations.announce(identity.certificate.fingerprint)
            let reload = try tls.replace(
                certificate: .pem(identity.chainPEM),
                privateKey: .pem(identity.privateKey.pem)
            )
            #expect(reload.certificateFingerprint == identity.certificate.fingerprint)
            generations.confirm()
        }

        /// What a person does at three in the morning: a certificate with the key of another.
        func renewBadly() throws {
            #expect(throws: TLSError.self) {
                try tls.replace(
                    certificate: .pem(issue().chainPEM),
                    privateKey: .pem(issue().privateKey.pem)
                )
            }
        }
    }

    private static let duration: Duration = {
        let seconds = ProcessInfo.processInfo.environment["RELOAD_TEST_SECONDS"].flatMap(Int.init) ?? 4
        return .seconds(min(max(seconds, 1), 3000))
    }()

    @Test("No handshake fails, and no connection that begins after a swap meets an old certificate, on either side")
    func underLoad() async throws {
        let party = try Party()
        let server = try Side(party) { try party.authority.issue(.server()) }
        let client = try Side(party) { try party.authority.issue(.client()) }
        let (clock, connections, swaps) = (ContinuousClock(), Counter(), Counter())
        let end = clock.now + Self.duration
        // How many connections began and ended between two swaps: the time in which an old certificate would be seen.
        let whole = Counter()
        try await withServer(
            .tls("127.0.0.1", 0, server.tls),
            onChannel: { channel in
                try await channel.serve { (_: Bool, request) in request.tls?.peerCertificate?.sha256Fingerprint ?? [] }
            }
        ) { listening in
            let address = Address.tls("127.0.0.1", listening.address.port ?? 0, client.tls)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    while clock.now < end {
                        try await clock.sleep(for: .milliseconds(100))
                        try server.renew()
                        try client.renew()
                        if swaps.value % 5 == 2 {
                            try server.renewBadly()
                            try client.renewBadly()
                        }
                        swaps.increment()
                    }
                }
                for _ in 0..<32 {
                    group.addTask {
                        while clock.now < end {
                            let oldest = (server.generations.current, client.generations.current)
                            let channel = try await openChannel(address)
                            let ours: [UInt8] = try await channel.send(true)
                            let seen = (
                                try #require(
                                    server.generations.index(of: channel.tls?.peerCertificate?.sha256Fingerprint)
                                ),
                                try #require(client.generations.index(of: ours))
                            )
                            #expect(seen.0 >= oldest.0, "the server showed \(seen.0) after \(oldest.0)")
                            #expect(seen.1 >= oldest.1, "the client showed \(seen.1) after \(oldest.1)")
                            if seen == oldest { whole.increment() }
                            connections.increment()
                            await channel.close()
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let rate = Double(connections.value) / (Double(Self.duration.components.seconds))
        print("reloading under load: \(connections.value) connections (\(Int(rate))/s) over \(swaps.value) swaps")
        // Slow machines have fewer; but fewer than this would have tested nothing.
        #expect(swaps.value >= 5)
        #expect(connections.value > 2 * swaps.value)
        #expect(whole.value > 0)
    }
}
