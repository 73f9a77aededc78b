// The examples of doc comments and of the articles. What stands between two markers stands there too, less its indentation.
// Nothing calls these functions: that they compile is the test.

import Logging
import SecureChannel

private func manyAddresses(_ tls: TLSConfiguration) async throws -> [Channel] {
    // DOCUMENTATION: begin
    let channel = try await openChannel(.tls(host: "db1.internal", port: 5555, tls))
    let local = try await openChannel(.unix(path: "/run/db.sock"))
    // DOCUMENTATION: end
    return [channel, local]
}

private func opening() async throws -> Channel {
    // DOCUMENTATION: begin
    let channel = try await openChannel(.tcp(host: "localhost", port: 5555))
    // DOCUMENTATION: end
    return channel
}

private func openingPatiently(_ address: Address) async throws -> Channel {
    // DOCUMENTATION: begin
    let channel = try await openChannel(
        address,
        configuration: .init(retryTimeout: .seconds(30), replyTimeout: .seconds(5))
    )
    // DOCUMENTATION: end
    return channel
}

private func starting(_ tls: TLSConfiguration) async throws -> Server {
    // DOCUMENTATION: begin
    let server = try await startServer(.tls(host: "::", port: 5555, tls)) { channel in
        try await channel.serve { (name: String) in "Hello, \(name)!" }
    }
    // DOCUMENTATION: end
    return server
}

private func greeting(_ tls: TLSConfiguration) async throws -> String {
    // DOCUMENTATION: begin
    let channel = try await openChannel(.tls(host: "db1.internal", port: 5555, tls))
    let reply: String = try await channel.send("ohai")
    await channel.close()
    // DOCUMENTATION: end
    return reply
}

private func overview() async throws -> String {
    // DOCUMENTATION: begin
    let tls = TLSConfiguration(
        certificate: "certs/client.pem",
        privateKey: "certs/client.key",
        trustRoots: "certs/ca.pem"
    )
    let channel = try await openChannel(.tls(host: "db1.internal", port: 5555, tls))
    let reply: String = try await channel.send("ohai")
    await channel.close()
    // DOCUMENTATION: end
    return reply
}

private func sending(_ channel: Channel) async throws -> Int {
    // DOCUMENTATION: begin
    let sum: Int = try await channel.send([1, 2, 3])
    // DOCUMENTATION: end
    return sum
}

private func sendingValues(_ channel: Channel) async throws {
    // DOCUMENTATION: begin
    let reply: Value = try await channel.send(["command": "status", "verbose": true] as Value)
    print(reply["uptime"]?.double ?? 0, reply["peers"]?[0]?.string ?? "none")
    // DOCUMENTATION: end
}

private func serving(_ channel: Channel) async throws {
    // DOCUMENTATION: begin
    try await channel.serve { (name: String) in "Hello, \(name)!" }
    // DOCUMENTATION: end
}

private func servingInContext(_ channel: Channel) async throws {
    // DOCUMENTATION: begin
    try await channel.serve { (name: String, request) in
        guard request.tls?.peerCertificate?.spiffeID == "spiffe://example.org/front" else { throw NotAllowed() }
        return "Hello, \(name)!"
    }
    // DOCUMENTATION: end
}

private func migratedClient() async throws {
    // DOCUMENTATION: begin
    try await withChannel(.tcp(host: "localhost", port: 5555), codec: .json) { channel in
        do {
            print(try await channel.send("ohai") as String)
        } catch let error as RemoteError {
            print(error)
        }
    }
    // DOCUMENTATION: end
}

private func migratedServer() async throws -> Server {
    // DOCUMENTATION: begin
    let server = try await startServer(.tcp(host: "localhost", port: 5555), codec: .json) { channel in
        for try await request in channel.requests {
            try await request.reply(request.content(as: Value.self))
        }
    }
    // DOCUMENTATION: end
    return server
}

private func configuring() -> TLSConfiguration {
    // DOCUMENTATION: begin
    let tls = TLSConfiguration(certificate: "certs/db.pem", privateKey: "certs/db.key", trustRoots: "certs/ca.pem")
    // DOCUMENTATION: end
    return tls
}

private func watching(_ tls: TLSConfiguration, _ logger: Logger) async throws {
    // DOCUMENTATION: begin
    try await tls.reloadWhenFilesChange { result in logger.info("certificates: \(result)") }
    // DOCUMENTATION: end
}

private func providers() -> [TLSConfiguration] {
    // DOCUMENTATION: begin
    let token = TLSConfiguration(trustRoots: "ca.pem", providers: ["default", "pkcs11"])
    let validated = TLSConfiguration(
        trustRoots: "ca.pem",
        providers: .init(["fips", "base"], properties: "fips=yes", configurationFile: "fips.cnf")
    )
    // DOCUMENTATION: end
    return [token, validated]
}
