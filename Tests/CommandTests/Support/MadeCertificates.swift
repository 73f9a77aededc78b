internal import Foundation
internal import TestCertificates
internal import Testing

/// What `securechannel certificates` makes, and as options of the other subcommands.
struct MadeCertificates: Sendable {
    let directory: TemporaryDirectory
    let paths: CertificatePaths

    init() async throws {
        directory = try TemporaryDirectory()
        paths = CertificatePaths(directory: directory.path)
        let outcome = try await Command.run("certificates", directory.path)
        try #require(outcome.status == 0, "\(outcome)")
    }

    var server: [String] { ["--certificate", paths.server, "--key", paths.serverKey] }
    var client: [String] { ["--certificate", paths.client, "--key", paths.clientKey] }
    var authority: [String] { ["--authority", paths.authority] }
}
