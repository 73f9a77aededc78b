import Foundation
import SecureChannel
import TestCertificates

/// Certificates for both ends, in memory for ours and as files for the other.
struct Credentials: Sendable {
    let authority: TestAuthority
    let intermediate: TestAuthority
    var server: Identity
    var client: Identity

    /// Made once; whoever needs others makes them.
    static let shared = Result { try Credentials() }

    /// With a chain of an intermediate authority on either side, to see that it is sent.
    init() throws {
        authority = try TestAuthority()
        intermediate = try authority.intermediate()
        server = try intermediate.issue(.server(commonName: "interoperable-server"))
        client = try intermediate.issue(.client(commonName: "interoperable-client"))
    }

    /// A configuration that authenticates both ends, with `identity` as ours.
    func tls(
        as identity: Identity,
        minimumVersion: TLSVersion = .tls13,
        maximumVersion: TLSVersion? = nil,
        applicationProtocols: [String] = [],
        resumption: TLSConfiguration.Resumption = .off
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .pem(identity.chainPEM),
            privateKey: .pem(identity.privateKey.pem),
            trustRoots: .pem(authority.certificate.pem),
            minimumVersion: minimumVersion,
            maximumVersion: maximumVersion,
            applicationProtocols: applicationProtocols,
            resumption: resumption
        )
    }

    /// Ours, where the other side has the other role.
    func identity(against role: Role) -> Identity { role == .serves ? client : server }

    /// Runs `body` with a directory of its own, which holds the files that `CertificatePaths` names, and `intermediate.pem`.
    func withDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent("sc-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let paths = CertificatePaths(directory: directory)
        for (path, content) in [
            (paths.authority, authority.certificate.pem),
            (paths.server, server.chainPEM), (paths.serverKey, server.privateKey.pem),
            ("\(directory)/intermediate.pem", intermediate.certificate.pem),
            (paths.client, client.chainPEM), (paths.clientKey, client.privateKey.pem),
        ] {
            try Data(content.utf8).write(to: URL(fileURLWithPath: path))
        }
        return try await body(directory)
    }
}
