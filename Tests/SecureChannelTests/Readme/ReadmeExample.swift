// What stands between the markers stands in the README, character for character; `ReadmeTests` compares and runs it.

// README: begin
import SecureChannel

/// Greets over TLS, with the files that `securechannel certificates` makes in a directory.
func greet(_ name: String, certificates: String) async throws -> String {
    func identity(of role: String) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .file("\(certificates)/\(role).pem"),
            privateKey: .file("\(certificates)/\(role).key"),
            trustRoots: .file("\(certificates)/ca.pem")  // on a server: clients must prove who they are, too
        )
    }
    return try await withServer(.tls(host: "localhost", port: 0, identity(of: "server"))) { channel in
        try await channel.serve { (guest: String) in "Hello, \(guest)!" }
    } _: { server in
        let address = Address.tls(host: "localhost", port: server.address.port ?? 0, identity(of: "client"))
        return try await withChannel(address) { channel in
            try await channel.send(name)
        }
    }
}
// README: end
