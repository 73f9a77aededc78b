internal import Foundation
internal import TestCertificates
internal import Testing

@Suite("The doctor, at servers that nobody here wrote", .serialized)
struct DoctorForeignTests {
    private let directory: TemporaryDirectory
    private let authority: TestAuthority
    private let authorityFile: String

    init() throws {
        directory = try TemporaryDirectory()
        authority = try TestAuthority(name: "authority")
        authorityFile = try directory.write(authority.certificate.pem, to: "ca.pem")
    }

    private func server(_ request: CertificateRequest, _ arguments: String...) async throws -> OpenSSLServer {
        try await server(authority.issue(request), arguments)
    }

    private func server(_ identity: Identity, _ arguments: [String] = []) async throws -> OpenSSLServer {
        let certificate = try directory.write(identity.chainPEM, to: "server.pem")
        let key = try directory.write(identity.privateKey.pem, to: "server.key")
        let chain = identity.chain.count > 1 ? ["-cert_chain", certificate] : []
        return try await OpenSSLServer(["-cert", certificate, "-key", key] + chain + arguments)
    }

    private func examine(
        _ server: OpenSSLServer,
        _ arguments: String...,
        host: String = "localhost",
        status: Int32,
        says: [String]
    ) async throws {
        let outcome = try await Command.run(
            ["doctor", "tls://\(host):\(server.port)", "--authority", authorityFile] + arguments
        )
        #expect(outcome.isExit && outcome.status == status, "\(outcome)")
        for words in says { #expect(outcome.output.contains(words), "\(words) is not in: \(outcome.output)") }
    }

    @Test("A healthy one, which offers resumption")
    func healthy() async throws {
        try await examine(
            server(.server()),
            status: 0,
            says: [
                "chain as verified   'CN=localhost', by 'CN=authority'", "client certificate  not asked for",
                "resumption          the server sent a ticket, and took it back on another connection",
            ]
        )
    }

    @Test("A certificate that has expired, or is not valid yet")
    func dates() async throws {
        try await examine(
            server(.server(validity: .expired)),
            status: 4,
            says: [
                "has expired: it was valid until", "mend:  Have it renewed", "does not verify: certificate has expired",
                "name                'localhost' is among",
            ]
        )
        try await examine(
            server(.server(validity: .notYet)),
            status: 4,
            says: ["is not valid yet", "mend:  Compare `date -u` here"]
        )
    }

    @Test("A certificate for another name, and one that has expired too: both are told")
    func name() async throws {
        try await examine(
            server(.server(hosts: ["db1.example"], validity: .expired)),
            status: 4,
            says: [
                "is not for 'localhost': it is for [DNS:db1.example]", "say --server-name db1.example",
                "fault: The certificate 'CN=db1.example' does not verify: certificate has expired",
                "mend:  Have it renewed",
            ]
        )
        try await examine(
            server(.server(hosts: ["evil; rm -rf .example"])),
            status: 4,
            says: ["mend:  Have the server's certificate issued for the name that you dial"]
        )
    }

    @Test("An unknown authority, a missing intermediate one, a certificate that signed itself")
    func authorities() async throws {
        try await examine(
            server(TestAuthority(name: "stranger").issue(.server())),
            status: 4,
            says: ["is signed by 'CN=stranger'", "Name the certificate of 'CN=stranger' with --authority"]
        )
        var identity = try authority.intermediate(name: "middle").issue(.server())
        identity.chain = [identity.certificate]
        try await examine(
            server(identity),
            status: 4,
            says: ["is signed by 'CN=middle'", "the server must send its intermediate certificates"]
        )
        try await examine(
            server(Identity.selfSigned(.server())),
            status: 4,
            says: ["signed itself", "its SHA-256 is", "with --authority"]
        )
    }

    @Test("A server that speaks TLS 1.2 alone is looked at, and --minimum-tls lets it in")
    func version() async throws {
        let old = try await server(.server(), "-tls1_2")
        try await examine(
            old,
            status: 4,
            says: ["version             TLSv1.2", "fault: The server does not speak our versions", "--minimum-tls 1.2"]
        )
        try await examine(old, "--minimum-tls", "1.2", status: 0, says: ["version             TLSv1.2"])
    }

    @Test(
        "Python's ssl sends tickets after the handshake, and they are told",
        .enabled(if: DoctorForeignTests.hasPython)
    )
    func pythonTickets() async throws {
        let server = try await python("time.sleep(0.05); t.recv(1)")
        try await examine(
            server.port,
            status: 0,
            says: ["resumption          the server sent a ticket"]
        )
    }

    @Test(
        "A server that hangs up after the handshake, as a proxy without a backend does, is no server for a channel",
        .enabled(if: DoctorForeignTests.hasPython),
        arguments: ["t.unwrap()", "t.close()"]
    )
    func hangsUp(how: String) async throws {
        let server = try await python(how)
        try await examine(
            server.port,
            status: 3,
            says: [
                "fault: The server ends the connection as soon as the handshake is over", "cannot reach what is behind",
            ]
        )
    }

    private static let hasPython = FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")

    /// A server of Python's ssl that does `action` with each connection `t` after its handshake.
    private func python(_ action: String) async throws -> ForeignServer {
        let identity = try authority.issue(.server())
        let certificate = try directory.write(identity.chainPEM, to: "server.pem")
        let key = try directory.write(identity.privateKey.pem, to: "server.key")
        return try await ForeignServer(
            """
            import socket, ssl, sys, threading, time
            c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            c.load_cert_chain(sys.argv[1], sys.argv[2])
            l = socket.create_server(("127.0.0.1", 0))
            print(l.getsockname()[1], flush=True)
            def each(s):
                try:
                    t = c.wrap_socket(s, server_side=True)
                    \(action)
                    t.close()
                except OSError:
                    pass
            while True:
                threading.Thread(target=each, args=(l.accept()[0],), daemon=True).start()
            """,
            [certificate, key]
        )
    }

    private func examine(_ port: Int, status: Int32, says: [String]) async throws {
        let outcome = try await Command.run(["doctor", "tls://localhost:\(port)", "--authority", authorityFile])
        #expect(outcome.isExit && outcome.status == status, "\(outcome)")
        for words in says { #expect(outcome.output.contains(words), "\(words) is not in: \(outcome.output)") }
    }

    @Test("A server that takes any client certificate in the handshake, as nginx does, is not said to accept it")
    func anyCertificate() async throws {
        let lax = try await server(.server(), "-CAfile", authorityFile, "-verify", "2")
        let client = try TestAuthority(name: "stranger").issue(.client())
        let certificate = try directory.write(client.chainPEM, to: "client.pem")
        let key = try directory.write(client.privateKey.pem, to: "client.key")
        let only = "only a request can tell whether the server does"
        try await examine(
            lax,
            "--certificate",
            certificate,
            "--key",
            key,
            status: 0,
            says: ["ours, 'CN=client', is accepted by the handshake; \(only)"]
        )
        try await examine(lax, status: 0, says: ["we show none, and the handshake needs none; \(only)"])
    }

    @Test("A server that requires a client certificate", arguments: ["-tls1_2", "-tls1_3"])
    func clientCertificate(version: String) async throws {
        let strict = try await server(
            .server(),
            version,
            "-CAfile",
            authorityFile,
            "-Verify",
            "2",
            "-verify_return_error"
        )
        let minimum = version == "-tls1_2" ? "1.2" : "1.3"
        try await examine(
            strict,
            "--minimum-tls",
            minimum,
            status: 4,
            says: [
                "fault: The server requires a client certificate, signed by one of 'CN=authority'",
                "--certificate and --key",
            ]
        )
        let client = try authority.issue(.client())
        let certificate = try directory.write(client.chainPEM, to: "client.pem")
        let key = try directory.write(client.privateKey.pem, to: "client.key")
        try await examine(
            strict,
            "--minimum-tls",
            minimum,
            "--certificate",
            certificate,
            "--key",
            key,
            status: 0,
            says: ["asked for, of 'CN=authority'; ours, 'CN=client', is accepted"]
        )
    }
}
