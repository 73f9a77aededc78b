internal import Foundation
internal import Testing

internal import TestCertificates

@Suite("The files of a set")
struct CertificateFilesTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func names() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: directory.path))
    }

    @Test("Five files are written, the keys for their owner's eyes only")
    func files() throws {
        let paths = try CertificateFiles().write(to: directory.path)
        #expect(try names() == ["ca.pem", "server.pem", "server.key", "client.pem", "client.key"])
        #expect(paths == CertificatePaths(directory: directory.path))
        // Nothing in the module changes a mode: what a key has at the end it had when it was created.
        #expect(try mode(paths.serverKey) == 0o600)
        #expect(try mode(paths.clientKey) == 0o600)
        for path in [paths.authority, paths.server, paths.client] {
            #expect(try (mode(path) ?? 0) & 0o600 == 0o600)
        }
    }

    @Test("Python's ssl shakes hands with the files, both sides strict", arguments: ["localhost", "127.0.0.1", "::1"])
    func python(host: String) throws {
        let paths = try CertificateFiles().write(to: directory.path)
        let script = """
            import ssl, sys
            def context(purpose, certificate, key):
                context = ssl.create_default_context(purpose, cafile=sys.argv[1])
                context.load_cert_chain(certificate, key)
                context.verify_mode = ssl.CERT_REQUIRED
                context.verify_flags |= ssl.VERIFY_X509_STRICT
                return context
            a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
            client = context(ssl.Purpose.SERVER_AUTH, sys.argv[4], sys.argv[5])
            server = context(ssl.Purpose.CLIENT_AUTH, sys.argv[2], sys.argv[3])
            ends = [client.wrap_bio(a, b, server_hostname=sys.argv[6]), server.wrap_bio(b, a, server_side=True)]
            for end in ends * 3:
                try: end.do_handshake()
                except ssl.SSLWantReadError: pass
            print(ends[0].getpeercert()['subject'], ends[1].getpeercert()['subject'])
            """
        let verdict = try run(
            "python3",
            "-c",
            script,
            paths.authority,
            paths.server,
            paths.serverKey,
            paths.client,
            paths.clientKey,
            host
        )
        #expect(verdict.output == "((('commonName', 'localhost'),),) ((('commonName', 'client'),),)\n")
    }

    @Test("The server's certificate is for the hosts that were given, and the first names it")
    func hosts() throws {
        let files = try CertificateFiles(hosts: ["db1.example.org", "*.db.example.org", "192.0.2.1", "2001:db8::1"])
        let root = files.authority.certificate
        for name in [
            ["-verify_hostname", "db1.example.org"], ["-verify_hostname", "a.db.example.org"],
            ["-verify_ip", "192.0.2.1"], ["-verify_ip", "2001:db8:0::1"],
        ] {
            let verdict = try verify(files.server, trusting: root, ["-purpose", "sslserver"] + name)
            #expect(verdict.status == 0, "\(verdict.output)")
        }
        #expect(try verify(files.server, trusting: root, ["-verify_hostname", "localhost"]).status != 0)
        #expect(try verify(files.server, trusting: root, ["-purpose", "sslclient"]).status != 0)
        #expect(try verify(files.client, trusting: root, ["-purpose", "sslserver"]).status != 0)
    }

    @Test(
        "What is neither a host name nor an address is refused before anything is made",
        arguments: [
            "", ".", "a..b", "-a", "a-", "[::1]", "::1%lo", "localhost:5555", "300.1.1.1", "1.2.3", "a b", "a\0b",
            "a\nb",
            "*", "*.org", "a.*.org", "tls://db1", "müller.example", String(repeating: "a", count: 64),
            String(repeating: "a.", count: 127) + "a",
        ]
    )
    func badHost(host: String) throws {
        let error = #expect(throws: CertificateError.self) { try CertificateFiles(hosts: [host]) }
        #expect(error?.message.contains("is neither a host name nor an IP address") == true)
        #expect(error?.message.unicodeScalars.contains { $0.value < 32 } == false)
    }

    @Test("No hosts at all is an error")
    func noHosts() throws {
        #expect(throws: CertificateError("A server needs at least one host name or IP address.")) {
            try CertificateFiles(hosts: [])
        }
    }

    @Test("Files that exist are replaced as a whole, whatever their mode, and nothing else is touched")
    func replaces() throws {
        let paths = CertificatePaths(directory: directory.path)
        _ = try directory.write("old", to: "server.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o666], ofItemAtPath: paths.serverKey)
        let notes = try directory.write("mine", to: "README.md")
        let reader = try #require(FileHandle(forReadingAtPath: paths.serverKey))

        try CertificateFiles().write(to: directory.path)
        let first = try String(contentsOfFile: paths.serverKey, encoding: .utf8)
        #expect(try reader.readToEnd() == Data("old".utf8))  // who has the old file open keeps all of it
        #expect(try mode(paths.serverKey) == 0o600)
        try CertificateFiles().write(to: directory.path)
        #expect(try String(contentsOfFile: paths.serverKey, encoding: .utf8) != first)
        #expect(try String(contentsOfFile: notes, encoding: .utf8) == "mine")
        #expect(try names().count == 6)
    }

    @Test("A link in a file's place is replaced, not followed")
    func link() throws {
        let target = try directory.write("precious", to: "target")
        let paths = CertificatePaths(directory: directory.path)
        try FileManager.default.createSymbolicLink(atPath: paths.serverKey, withDestinationPath: target)
        try CertificateFiles().write(to: directory.path)
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
        #expect(try mode(paths.serverKey) == 0o600)
    }

    @Test("A missing directory is made; a missing one above it is an error")
    func makesDirectory() throws {
        let files = try CertificateFiles()
        try files.write(to: "\(directory.path)/new")
        #expect(FileManager.default.fileExists(atPath: "\(directory.path)/new/client.key"))
        let missing = "\(directory.path)/missing/new"
        #expect(throws: CertificateError("Could not make the directory “\(missing)”: No such file or directory.")) {
            try files.write(to: missing)
        }
    }

    @Test("A file in the directory's place is an error")
    func notADirectory() throws {
        let file = try directory.write("", to: "file")
        #expect(throws: CertificateError("“\(file)” is not a directory.")) { try CertificateFiles().write(to: file) }
    }

    @Test("A set that cannot be written leaves nothing of itself lying about")
    func cannotWrite() throws {
        let obstacle = "\(directory.path)/ca.pem"
        try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
        let key = try directory.write("old", to: "server.key")
        #expect(throws: CertificateError("Could not replace “\(obstacle)”: Is a directory.")) {
            try CertificateFiles().write(to: directory.path)
        }
        #expect(try names() == ["ca.pem", "server.key"])
        #expect(try String(contentsOfFile: key, encoding: .utf8) == "old")
    }
}
