internal import ArgumentParser
internal import TestCertificates

/// Makes certificates to try TLS with.
struct Certificates: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a test authority, and certificates of a server and a client.",
        discussion: """
            Writes ca.pem, server.pem, server.key, client.pem and client.key into DIRECTORY and replaces those that are \
            there. They are for trying things out: the keys are not encrypted, and the authority's own key is thrown away.

            Examples:

              securechannel certificates certs

              securechannel certificates certs --host db1.internal --host 10.0.0.7
            """
    )

    @Argument(help: "Where to write the files. The directory is made if it is not there.")
    var directory: String

    @Option(
        name: .customLong("host"),
        help: ArgumentHelp(
            """
            A name or IP address under which the server is reached; repeatable, and then all have to be named. \
            (default: localhost, 127.0.0.1 and ::1)
            """,
            valueName: "name"
        )
    )
    var hosts: [String] = []

    func run() throws {
        let files = try CertificateFiles(hosts: hosts.isEmpty ? CertificateRequest.localHosts : hosts)
        let paths = try files.write(to: directory)
        StandardError.write(
            paragraph: """
                made \(paths.authority), \(paths.server), \(paths.serverKey), \(paths.client) and \(paths.clientKey)
                """
        )
    }
}
