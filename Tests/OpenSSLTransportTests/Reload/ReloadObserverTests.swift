import Synchronization
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Observing reloads")
struct ReloadObserverTests {
    private let authority: TestAuthority
    private let server: TLSConfiguration

    init() throws {
        self.authority = try TestAuthority()
        let identity = try self.authority.issue(.server())
        self.server = TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity))
        try self.server.validate(for: .server)
    }

    private func renew() throws {
        let identity = try self.authority.issue(.server())
        try self.server.replace(certificate: .identity(identity), privateKey: .identity(identity))
    }

    @Test("Each change is told once, to all; what changes nothing or fails is not told")
    func told() throws {
        let counts = Mutex<[String: Int]>([:])
        func observe(_ name: String) -> TLSReloadObservation {
            self.server.observeReloads { reload in
                counts.withLock { $0[name, default: 0] += reload.changesCertificate && !reload.changesTrust ? 1 : 100 }
            }
        }
        let observations = [observe("a"), observe("b")]
        try self.renew()
        #expect(counts.withLock { $0 } == ["a": 1, "b": 1])
        try self.server.reload()
        #expect(throws: TLSError.self) {
            try self.server.replace(certificate: .identity(self.authority.issue(.server())))
        }
        #expect(counts.withLock { $0 } == ["a": 1, "b": 1])
        observations[0].cancel()
        try self.renew()
        #expect(counts.withLock { $0 } == ["a": 1, "b": 2])
    }

    @Test("An observation ends when it is cancelled, or dropped")
    func ended() throws {
        var observation: TLSReloadObservation? = self.server.observeReloads { _ in }
        let other = self.server.observeReloads { _ in }
        #expect(self.server.reloadObserverCount == 2)
        other.cancel()
        other.cancel()
        #expect(self.server.reloadObserverCount == 1)
        withExtendedLifetime(observation) {}
        observation = nil
        #expect(self.server.reloadObserverCount == 0)
    }

    @Test("When it is called, handshakes use the new certificate; it may reload itself")
    func afterTheSwap() throws {
        let current = Mutex<[[UInt8]]>([])
        let server = self.server
        let observation = server.observeReloads { reload in
            let context = server.currentContext(for: .server)
            current.withLock { $0.append(context.map { ContextMaterial($0).own.first ?? [] } ?? []) }
            _ = try? server.reload()
            #expect(reload.certificateFingerprint == current.withLock { $0.last })
        }
        try self.renew()
        #expect(current.withLock { $0.count } == 1)
        observation.cancel()
    }

    @Test("A connection knows that it is older than the certificates")
    func outdated() throws {
        let client = TLSConfiguration(trustRoots: .pem(self.authority.certificate.pem))
        let handler = try TLSHandler(server: self.server)
        let channels = try BackToBackChannels(TLSHandler(client: client, host: "localhost"), handler)
        defer { channels.finish() }
        try channels.open()
        #expect(!handler.isOutdated)
        try self.server.reload()
        #expect(!handler.isOutdated)
        try self.renew()
        #expect(handler.isOutdated)
        #expect(channels.client.handler?.isOutdated == false)
    }
}
