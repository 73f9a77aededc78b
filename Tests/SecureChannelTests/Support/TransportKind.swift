import Foundation
import SecureChannel
import TestCertificates
import Testing

/// Every way that bytes may travel. The integration suite runs unchanged over each.
enum TransportKind: String, CaseIterable, CustomTestStringConvertible {
    case tcp, unix, tls, mutualTLS

    var testDescription: String { rawValue }

    /// Where a server of this kind listens, and how a client reaches the server that listens at `bound`.
    func makeAddresses() throws -> (server: Address, client: @Sendable (Address) -> Address) {
        switch self {
        case .tcp:
            return (.tcp("127.0.0.1", 0), { $0 })
        case .unix:
            return (.unix(temporarySocketPath()), { $0 })
        case .tls, .mutualTLS:
            let pki = TestPKI.shared
            let isMutual = self == .mutualTLS
            let server = isMutual ? pki.mutualServer : pki.server
            let client = isMutual ? pki.mutualClient : pki.client
            return (
                .tls("127.0.0.1", 0, server),
                { bound in .tls(host: "127.0.0.1", port: bound.port ?? 0, client) }
            )
        }
    }
}

/// Certificates made once for the whole run.
struct TestPKI: Sendable {
    let files: CertificateFiles
    let server: TLSConfiguration
    let client: TLSConfiguration
    let mutualServer: TLSConfiguration
    let mutualClient: TLSConfiguration

    static let shared = try! TestPKI()

    private init() throws {
        files = try CertificateFiles()
        let roots = TLSConfiguration.TrustRoots.pem(files.authority.certificate.pem)
        server = TLSConfiguration(
            certificate: .pem(files.server.chainPEM),
            privateKey: .pem(files.server.privateKey.pem)
        )
        client = TLSConfiguration(trustRoots: roots)
        mutualServer = TLSConfiguration(
            certificate: .pem(files.server.chainPEM),
            privateKey: .pem(files.server.privateKey.pem),
            trustRoots: roots
        )
        mutualClient = TLSConfiguration(
            certificate: .pem(files.client.chainPEM),
            privateKey: .pem(files.client.privateKey.pem),
            trustRoots: roots
        )
    }
}

/// A path that is short enough for a Unix socket and nobody else's.
func temporarySocketPath() -> String {
    "/tmp/sc-\(UUID().uuidString.prefix(13)).sock"
}
