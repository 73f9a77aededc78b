import SecureChannel

/// A server and a client that authenticate each other, in one process; `scripts/demo` makes the certificates and runs it.
@main
struct Demo {
    static func main() async throws {
        let certificates = CommandLine.arguments.dropFirst().first ?? "certs"

        // That trust roots are given makes the server insist on client certificates.
        let serverTLS = TLSConfiguration(
            certificate: .file("\(certificates)/server.pem"),
            privateKey: .file("\(certificates)/server.key"),
            trustRoots: .file("\(certificates)/ca.pem"),
            applicationProtocols: ["calculator"]
        )
        let clientTLS = TLSConfiguration(
            certificate: .file("\(certificates)/client.pem"),
            privateKey: .file("\(certificates)/client.key"),
            trustRoots: .file("\(certificates)/ca.pem"),
            applicationProtocols: ["calculator"]
        )
        let strangerTLS = TLSConfiguration(
            trustRoots: .file("\(certificates)/ca.pem"),
            applicationProtocols: ["calculator"]
        )

        try await withServer(.tls("localhost", 0, serverTLS)) { channel in
            try await channel.serve { (calculation: Calculation) in
                // Both ends may ask, all the time: here the server does, in the middle of a request of the client's.
                let right =
                    if let right = calculation.right { right } else { try await channel.send("Times what?") as Int }
                return try calculation.result(right: right)
            }
        } _: { server in
            let port = server.address.port ?? 0
            try await withChannel(.tls("localhost", port, clientTLS)) { channel in
                try await calculate(on: channel)
                try await answer(on: channel)
                show(channel, server.channels.first)
            }
            await knock(at: .tls("localhost", port, strangerTLS))
        }
    }

    private static func calculate(on channel: Channel) async throws {
        print("\nRequests and their replies, many at once on one connection:")
        let calculations = [
            Calculation(left: 6, operation: .times, right: 7),
            Calculation(left: 20, operation: .plus, right: 22),
            Calculation(left: 84, operation: .dividedBy, right: 2),
        ]
        async let first: Int = channel.send(calculations[0])
        async let second: Int = channel.send(calculations[1])
        async let third: Int = channel.send(calculations[2])
        for (calculation, result) in try await zip(calculations, [first, second, third]) {
            print("  \(calculation.left) \(calculation.operation.rawValue) \(calculation.right ?? 0) = \(result)")
        }

        print("\nA request that fails, at the other end:")
        do {
            let result: Int = try await channel.send(Calculation(left: 1, operation: .dividedBy, right: 0))
            print("  1 ÷ 0 = \(result)")
        } catch let error as RemoteError {
            print("  1 ÷ 0: \(error.message)")
        }
    }

    private static func answer(on channel: Channel) async throws {
        print("\nThe other way round, the server asks the client before it replies:")
        let answering = Task {
            try await channel.serve { (question: String) in
                print("  the server asks: \(question) The client answers: 5")
                return 5
            }
        }
        let result: Int = try await channel.send(Calculation(left: 5, operation: .times))
        answering.cancel()
        print("  5 × (what the client answers) = \(result)")
    }

    private static func show(_ channel: Channel, _ other: Channel?) {
        guard let tls = channel.tls else { return print("\nThere is no TLS.") }
        print("\nWhat the handshake agreed on:")
        print("  version      \(tls.version), \(tls.cipher), key exchange \(tls.group ?? "unknown")")
        print("  protocol     \(tls.applicationProtocol ?? "none") (ALPN)")
        print("  the client   is \(other?.tls?.peerCertificate?.subject ?? "nobody") to the server")
        print("  the server   is \(tls.verifiedName ?? "nobody") to the client, by this certificate:")
        guard let certificate = tls.peerCertificate else { return }
        let names = certificate.subjectAlternativeNames.map { "\($0)" }.joined(separator: ", ")
        let fingerprint = certificate.sha256Fingerprint.map {
            $0 < 16 ? "0\(String($0, radix: 16))" : String($0, radix: 16)
        }
        print("               \(certificate.subject), for \(names)")
        print("               issued by \(certificate.issuer)")
        print("               SHA-256 \(fingerprint.joined())")
    }

    private static func knock(at address: Address) async {
        print("\nA client without a certificate is told why it is refused:")
        do {
            try await withChannel(address) { channel in
                let result: Int = try await channel.send(Calculation(left: 1, operation: .plus, right: 1))
                print("  1 + 1 = \(result)")
            }
        } catch {
            print("  \(error)")
        }
    }
}
