internal import Foundation
internal import SecureChannel
internal import TestCertificates
internal import Testing

@Suite("The doctor, at servers of our own", .serialized)
struct DoctorTests {
    private func examine(_ arguments: [String], status: Int32, says: [String]) async throws {
        let outcome = try await Command.run(["doctor"] + arguments)
        #expect(outcome.isExit && outcome.status == status, "\(outcome)")
        #expect(outcome.errors == "")
        for words in says { #expect(outcome.output.contains(words), "\(words) is not in: \(outcome.output)") }
        let isTLS = arguments.first?.hasPrefix("tls") == true
        let verdict =
            status != 0
            ? "A channel would not work."
            : isTLS
                ? "A channel would open. Only a request can tell whether"
                : "A channel would open. Without TLS only a request can tell whether"
        #expect(outcome.output.split(separator: "\n").last?.hasPrefix(verdict) == true, "\(outcome.output)")
        #expect(outcome.output.contains("fault:") == (status != 0))
        #expect(outcome.output.contains("mend:") == (status != 0))
    }

    @Test("A server that wants our certificate and takes it: everything is told, and the status is 0")
    func healthy() async throws {
        let made = try await MadeCertificates()
        try await withServing(["tls://localhost:0", "--alpn", "rpc/1"] + made.server + made.authority) { _, address in
            try await examine(
                [address, "--alpn", "rpc/1"] + made.authority + made.client,
                status: 0,
                says: [
                    "reachable           yes, at 127.0.0.1:", "speaks TLS          yes", "version             TLSv1.3",
                    "cipher              TLS_AES_128_GCM_SHA256", "group               X25519",
                    "ALPN                'rpc/1' of 'rpc/1'",
                    "chain as sent       'CN=localhost', by 'CN=swift-secure-channel test authority', 20",
                    ", for DNS:localhost, IP:127.0.0.1, IP:::1\n",
                    "chain as verified   'CN=localhost'",
                    "\n                    'CN=swift-secure-channel test authority', by",
                    "name                'localhost' is among the certificate's",
                    "client certificate  asked for, of 'CN=swift-secure-channel test authority'; ours, 'CN=client', is accepted",
                    "resumption          no ticket came while we looked\n",
                    "revocation          not checked; --revocation-list and --ocsp do\n",
                ]
            )
        }
    }

    @Test("The same for machines")
    func json() async throws {
        let made = try await MadeCertificates()
        try await withServing(["tls://localhost:0"] + made.server + made.authority) { _, address in
            let good = try await Command.run(["doctor", address, "--json"] + made.authority + made.client)
            #expect(good.status == 0)
            let facts = try Value(json: good.output)
            #expect(facts["works"] == true)
            #expect(facts["faults"] == .array([]))
            #expect(facts["reachable"] == true && facts["speaksTLS"] == true)
            #expect(facts["version"] == "TLSv1.3" && facts["alpn"] == .null)
            #expect(facts["chainAsSent"]?[0]?["subject"] == "CN=localhost")
            #expect(facts["chainAsSent"]?[0]?["names"] == ["DNS:localhost", "IP:127.0.0.1", "IP:::1"])
            #expect(facts["chainAsVerified"]?[1]?["subject"] == "CN=swift-secure-channel test authority")
            #expect(facts["expectedName"] == "localhost" && facts["nameMatches"] == true)
            #expect(facts["clientCertificate"] == "accepted")
            #expect(facts["ticketOffered"] == false)

            let bad = try await Command.run(["doctor", address, "--json"] + made.authority)
            #expect(bad.status == 4)
            let faults = try Value(json: bad.output)
            #expect(faults["works"] == false)
            #expect(faults["clientCertificate"] == "missing")
            #expect(faults["clientAuthorities"] == ["CN=swift-secure-channel test authority"])
            #expect(faults["faults"]?[0]?["code"] == "certificateRejectedByPeer")
        }
    }

    @Test("A client certificate that is missing, of another authority, or not needed")
    func clientCertificate() async throws {
        let (made, other) = (try await MadeCertificates(), try await MadeCertificates())
        try await withServing(["tls://localhost:0"] + made.server + made.authority) { _, address in
            try await examine(
                [address] + made.authority,
                status: 4,
                says: [
                    "asked for, of 'CN=swift-secure-channel test authority' and required; we have none",
                    "fault: The server requires a client certificate", "mend:  Show one with --certificate and --key",
                    "chain as verified   'CN=localhost'",
                ]
            )
            try await examine(
                [address] + made.authority + other.client,
                status: 4,
                says: ["ours, 'CN=client', is refused", "fault: The server rejected our certificate 'CN=client'"]
            )
        }
        let optional = ["tls://localhost:0", "--client-certificates", "optional"] + made.server + made.authority
        try await withServing(optional) { _, address in
            try await examine(
                [address] + made.authority,
                status: 0,
                says: ["we show none, and the handshake needs none; only a request can tell"]
            )
        }
    }

    @Test(
        "An unknown authority, and what else is wrong beside it, is told after a second look that shows no certificate"
    )
    func unknownAuthority() async throws {
        let (made, other) = (try await MadeCertificates(), try await MadeCertificates())
        try await withServing(["tls://localhost:0"] + made.server + made.authority) { _, address in
            try await examine(
                [address, "--server-name", "db1.example"] + other.authority + made.client,
                status: 4,
                says: [
                    "fault: The server's certificate 'CN=localhost'", "with --authority; get it from whoever runs",
                    "chain as verified   it does not verify",
                    "name                'db1.example' is none of the certificate's",
                    "fault: The certificate is not for 'db1.example'", "say --server-name localhost",
                    "whether ours is taken was not tried",
                ]
            )
        }
    }

    @Test("Application protocols that do not meet, and a name that the certificate does not have")
    func agreement() async throws {
        let made = try await MadeCertificates()
        try await withServing(["tls://localhost:0", "--alpn", "one"] + made.server) { _, address in
            try await examine(
                [address, "--alpn", "two"] + made.authority,
                status: 4,
                says: [
                    "ALPN                none of 'two'", "fault: The server knows none",
                    "mend:  Name the server's protocol",
                ]
            )
            try await examine(
                [address, "--server-name", "db1.example"] + made.authority,
                status: 4,
                says: ["is not for 'db1.example'", "dial 'localhost', or say --server-name localhost"]
            )
        }
    }

    @Test("Servers without TLS: by TCP and by a Unix socket they are well, by tls:// they are not")
    func plain() async throws {
        let directory = try TemporaryDirectory()
        try await withServing(["unix:\(directory.path)/s"]) { _, address in
            try await examine([address], status: 0, says: ["reachable   yes", "speaks TLS  not tried"])
        }
        try await withServing(["tcp://localhost:0"]) { _, address in
            try await examine([address], status: 0, says: ["reachable   yes, at 127.0.0.1:", "speaks TLS  no"])
            let place = address.dropFirst("tcp://".count)
            try await examine(
                ["tls://\(place)"],
                status: 4,
                says: ["reachable   yes", "mend:  If the server is meant to be without TLS", "doctor tcp://\(place)"]
            )
        }
    }

    @Test("A server with TLS that is asked for without")
    func wantsTLS() async throws {
        let made = try await MadeCertificates()
        try await withServing(["tls://localhost:0"] + made.server) { _, address in
            let place = address.dropFirst("tls://".count)
            try await examine(
                ["tcp://\(place)"],
                status: 3,
                says: ["fault: The server speaks TLS", "mend:  Give it as tls://: securechannel doctor tls://\(place)"]
            )
        }
    }

    @Test("A web server is told as one, with TLS in the address and without", arguments: ["tcp", "tls"])
    func webServer(scheme: String) async throws {
        let listening = try RawSocket(listening: true)
        let answering = Thread {
            while let peer = try? listening.accept() {
                DispatchQueue.global().async {
                    guard let hello = try? peer.read(1), !hello.isEmpty else { return }
                    try? peer.write(Array("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8))
                    _ = try? peer.read(1 << 20)
                }
            }
        }
        answering.start()
        defer { listening.stopListening() }
        try await examine(
            ["\(scheme)://127.0.0.1:\(listening.port)"],
            status: scheme == "tls" ? 4 : 3,
            says: [
                scheme == "tls" ? "it speaks HTTP" : "fault: The server speaks HTTP, which no channel does.",
                "mend:  Check the port: it is another service's.",
            ]
        )
    }

    @Test("Nobody listens, says anything, or stays; and files that are not there")
    func unreachable() async throws {
        let nobody = try RawSocket(listening: false)
        for scheme in ["tcp", "tls"] {
            try await examine(
                ["\(scheme)://127.0.0.1:\(nobody.port)"],
                status: 3,
                says: ["reachable  no", "refused", "`ss -ltn` lists"]
            )
        }
        try await examine(
            ["unix:/tmp/nobody-is-here"],
            status: 3,
            says: ["No such file", "securechannel serve unix:/tmp"]
        )
        let silent = try RawSocket(listening: true)
        try await examine(
            ["tls://127.0.0.1:\(silent.port)", "--timeout", "0.3"],
            status: 3,
            says: [
                "reachable   yes", "speaks TLS  not as far as it let us",
                "The handshake was not over after 0.3 seconds",
            ]
        )
        try await examine(
            ["tls://127.0.0.1:\(nobody.port)", "--authority", "missing.pem"],
            status: 4,
            says: ["reachable  not tried", "'missing.pem'", "does not exist"]
        )
    }
}

extension Value {
    fileprivate subscript(_ key: String) -> Value? {
        guard case .map(let map) = self else { return nil }
        return map.first { $0.key == .string(key) }?.value
    }

    fileprivate subscript(_ index: Int) -> Value? {
        guard case .array(let array) = self, array.indices.contains(index) else { return nil }
        return array[index]
    }
}
