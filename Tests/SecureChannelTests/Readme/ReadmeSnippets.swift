// The README's shorter pieces of code. What stands between two markers stands there too, less its indentation.

import SecureChannel

func bothEndsMayCall(_ address: Address) async throws -> String {
    // README: begin
    let channel = try await openChannel(address)
    let answering = Task { try await channel.serve { (question: String) in "\(question) Yes." } }
    let reply: String = try await channel.send("ohai")  // meanwhile the server may ask, too
    await channel.close()
    // README: end
    try await answering.value
    return reply
}

func requestByRequest(_ channel: Channel) async throws {
    // README: begin
    for try await request in channel.requests {
        guard let numbers = try? request.content(as: [Int].self) else {
            try await request.fail("Send integers.")
            continue
        }
        try await request.reply(numbers.reduce(0, &+))
    }
    // README: end
}

struct NotAllowed: Error {}

func authorised(_ channel: Channel) async throws {
    // README: begin
    try await channel.serve { (name: String, request) in
        guard request.tls?.peerCertificate?.spiffeID == "spiffe://example.org/front" else { throw NotAllowed() }
        return "Hello, \(name)!"
    }
    // README: end
}

/// Stands for whatever knows who may connect.
struct Directory: Sendable {
    let subjects: Set<String>

    func knows(_ certificate: TLSPeerCertificate?) async throws -> Bool {
        certificate.map { subjects.contains($0.subject) } ?? false
    }
}

func careful(_ directory: Directory) -> ServerConfiguration {
    // README: begin
    let configuration = ServerConfiguration(
        channel: ChannelConfiguration(afterReload: .closeUntrusted, closesWhenPeerCertificateExpires: true),
        onAccept: { transport in
            guard try await directory.knows(transport.tls?.peerCertificate) else { throw NotAllowed() }
        }
    )
    // README: end
    return configuration
}

func placesOfKeys(secret: String, pin: String) -> [TLSConfiguration] {
    // README: begin
    // Certificate, chain and key together.
    let bundle = TLSConfiguration(certificate: "client.p12", passphrase: secret, trustRoots: "ca.pem")

    // The key never leaves its token.
    let token = TLSConfiguration(
        certificate: "db.pem",
        privateKey: .store("pkcs11:token=db;object=tls;type=private"),
        passphrase: pin,
        trustRoots: "ca.pem",
        providers: .init(["default", "pkcs11"], configurationFile: "/etc/db/token.cnf")
    )

    // Nothing but what a FIPS provider does.
    let validated = TLSConfiguration(
        certificate: "db.pem",
        privateKey: "db.key",
        trustRoots: "ca.pem",
        providers: .init(["fips", "base"], properties: "fips=yes", configurationFile: "/etc/ssl/fips.cnf")
    )
    // README: end
    return [bundle, token, validated]
}
