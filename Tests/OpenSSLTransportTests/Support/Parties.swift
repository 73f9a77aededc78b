import NIOCore
import TestCertificates

@testable import OpenSSLTransport

/// A client and a server that trust one authority; made once for all tests.
struct Parties: Sendable {
    var client: TLSConfiguration
    var server: TLSConfiguration

    static let files = Result { try CertificateFiles() }

    /// - Parameters:
    ///   - version: The only version that both speak; nil for the default, TLS 1.3.
    ///   - mutual: Whether the server asks for the client's certificate.
    ///   - clientHasCertificate: Whether the client can show one.
    init(
        version: TLSVersion? = nil,
        mutual: Bool = false,
        clientHasCertificate: Bool = true,
        handshakeTimeout: Duration = .seconds(10),
        providers: TLSConfiguration.Providers? = nil
    ) throws {
        let files = try Self.files.get()
        let authority = TLSConfiguration.TrustRoots.pem(files.authority.certificate.pem)
        self.client = TLSConfiguration(
            certificate: mutual && clientHasCertificate ? .pem(files.client.chainPEM) : nil,
            privateKey: mutual && clientHasCertificate ? .pem(files.client.privateKey.pem) : nil,
            trustRoots: authority,
            minimumVersion: version ?? .tls13,
            maximumVersion: version,
            handshakeTimeout: handshakeTimeout,
            providers: providers
        )
        self.server = TLSConfiguration(
            certificate: .pem(files.server.chainPEM),
            privateKey: .pem(files.server.privateKey.pem),
            trustRoots: mutual ? authority : nil,
            minimumVersion: version ?? .tls13,
            maximumVersion: version,
            handshakeTimeout: handshakeTimeout,
            providers: providers
        )
    }

    func clientHandler(_ limits: TLSConnectionLimits = TLSConnectionLimits()) throws -> TLSHandler {
        TLSHandler(try self.client.context(for: .client), host: "localhost", limits: limits)
    }

    func serverHandler(_ limits: TLSConnectionLimits = TLSConnectionLimits()) throws -> TLSHandler {
        TLSHandler(try self.server.context(for: .server), host: nil, limits: limits)
    }
}

/// Runs `body` with a client and a server that have not connected yet, and closes them after it.
func withChannels(
    _ parties: Parties? = nil,
    client: TLSConnectionLimits = TLSConnectionLimits(),
    server: TLSConnectionLimits = TLSConnectionLimits(),
    delivery: BackToBackChannels.Delivery = .whole,
    _ body: (BackToBackChannels) throws -> Void
) throws {
    let parties = try parties ?? Parties()
    let channels = try BackToBackChannels(
        parties.clientHandler(client),
        parties.serverHandler(server),
        delivery: delivery
    )
    defer { channels.finish() }
    try body(channels)
}

/// The same, after the handshake.
func withOpenChannels(
    _ parties: Parties? = nil,
    client: TLSConnectionLimits = TLSConnectionLimits(),
    server: TLSConnectionLimits = TLSConnectionLimits(),
    delivery: BackToBackChannels.Delivery = .whole,
    _ body: (BackToBackChannels) throws -> Void
) throws {
    try withChannels(parties, client: client, server: server, delivery: delivery) { channels in
        try channels.open()
        try body(channels)
    }
}

/// What became of a promise so far.
final class Outcome {
    private(set) var result: Result<Void, any Error>?

    init(_ future: EventLoopFuture<Void>) {
        future.assumeIsolated().whenComplete { self.result = $0 }
    }

    var succeeded: Bool { if case .success = self.result { true } else { false } }
    var error: (any Error)? { if case .failure(let error) = self.result { error } else { nil } }
}
