import NIOCore
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: what is wrong with a client's certificate", .tags(.catalogue))
struct ClientCertificateRows {
    let pki: CataloguePKI
    private static let whose = "the client's certificate 'CN=faulty' (issued by 'CN=authority', serial 0A)"

    init() throws { self.pki = try CataloguePKI() }

    @Test("9. A client shows no certificate where one is required", arguments: [TLSVersion.tls12, .tls13])
    func missing(version: TLSVersion) throws {
        let handshake = try MemoryHandshake(
            client: pki.client(minimumVersion: version, maximumVersion: version),
            server: pki.server(asksClients: true, minimumVersion: version)
        )
        let alert: TLSAlert = version == .tls13 ? 116 : 40
        try expect(
            handshake.server.error,
            as: .server,
            Expectation(
                .clientCertificateRequired,
                "the client shows no certificate, and one is required; it was asked for one of 'CN=authority'",
                hint: "Give the client certificate and privateKey",
                alertSent: alert,
                code: "0A0000C7"
            )
        )
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .certificateRejectedByPeer(alert: alert),
                phase: version == .tls13 ? .established : .handshake,
                "the server requires a client certificate, signed by one of 'CN=authority'; none is configured here (\(alert))",
                hint: "Give certificate and privateKey",
                alertReceived: alert,
                code: version == .tls13 ? "0A00045C" : "0A000410"
            )
        )
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var request: CertificateRequest
        var isStranger = false
        var server: Expectation
        var client: (alert: TLSAlert, why: String, code: String)
    }

    static let faults = [
        Fault(
            testDescription: "expired",
            request: CataloguePKI.request(.client, validity: .expired),
            server: Expectation(
                .certificateExpired,
                "\(whose) has expired: it was valid until DATE; the clock of this host says DATE",
                hint: "Have it renewed",
                alertSent: 45,
                code: "0A000086",
                verification: .init(code: 10, depth: 0),
                subject: "CN=faulty"
            ),
            client: (45, "it has expired", "0A000415")
        ),
        Fault(
            testDescription: "of an unknown authority",
            request: CataloguePKI.request(.client),
            isStranger: true,
            server: Expectation(
                .unknownAuthority,
                "the client's certificate 'CN=faulty' (issued by 'CN=stranger', serial 0A) is signed by 'CN=stranger', which is "
                    + "none of the trusted certificates, 1 in number (trust roots from PEM text in memory)",
                hint: "must send its intermediate certificates too",
                alertSent: 48,
                code: "0A000086",
                verification: .init(code: 20, depth: 0),
                subject: "CN=faulty"
            ),
            client: (48, "it does not know the authority that signed it, or that one may not sign it", "0A000418")
        ),
        Fault(
            testDescription: "a server's",
            request: CataloguePKI.request(.server),
            server: Expectation(
                .wrongCertificatePurpose,
                "\(whose) may not be used by a client: it needs the extended key usage clientAuth and has [serverAuth]",
                hint: "Have it issued for this use",
                alertSent: 43,
                code: "0A000086",
                verification: .init(code: 26, depth: 0),
                subject: "CN=faulty"
            ),
            client: (43, "it is of the wrong kind, or for another purpose", "0A000413")
        ),
    ]

    @Test("10. A client's certificate is bad", arguments: faults, [TLSVersion.tls12, .tls13])
    func bad(_ fault: Fault, version: TLSVersion) throws {
        let identity =
            try fault.isStranger ? TestAuthority(name: "stranger").issue(fault.request) : pki.issue(fault.request)
        let handshake = try pki.handshake(clientShows: identity, version: version)
        try expect(handshake.server.error, as: .server, fault.server)
        try expect(
            handshake.client.error,
            as: .client,
            Expectation(
                .certificateRejectedByPeer(alert: fault.client.alert),
                phase: version == .tls13 ? .established : .handshake,
                "the server rejected our certificate 'CN=faulty': \(fault.client.why) (\(fault.client.alert))",
                hint: "The server's log says more.",
                alertReceived: fault.client.alert,
                code: fault.client.code,
                subject: "CN=faulty"
            )
        )
    }

    @Test(
        "9 and 10. A client that writes 1 MiB at once learns why it is refused, 38 times of 40",
        arguments: [116, 48]
    )
    func refusedWhileWriting(alert: UInt8) async throws {
        let stranger = try TestAuthority(name: "stranger").issue(.client())
        let server = try await LoopbackServer(pki.server(asksClients: true)) { Echo() }
        let client = alert == 48 ? pki.client(stranger) : pki.client()
        var (learnt, others): (Int, [any Error]) = (0, [])
        for _ in 0..<40 {
            let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
            let channel = try await server.connect(client) { Reporter(continuation) }
            channel.writeAndFlush(ByteBuffer(repeating: 1, count: 1 << 20), promise: nil)
            var errors: [any Error] = []
            for await item in news { if case .error(let error) = item { errors.append(error) } }
            #expect(errors.count == 1)
            if (errors.first as? TLSError)?.cause == .certificateRejectedByPeer(alert: TLSAlert(rawValue: alert)) {
                learnt += 1
            } else {
                others += errors
            }
        }
        #expect(learnt >= 38, "\(others)")
        try await server.close()
    }

    @Test("10. The same of a server that is not ours and closes at once", arguments: [true, false])
    func refusedByForeignServer(isKnown: Bool) async throws {
        let context = try pki.client(isKnown ? nil : TestAuthority(name: "stranger").issue(.client())).context(
            for: .client
        )
        let directory = try TemporaryDirectory()
        let identity = try pki.issue(.server())
        let files = try [
            directory.write(identity.chainPEM, "server.pem"), directory.write(identity.privateKey.pem, "server.key"),
            directory.write(pki.issuer.certificate.pem, "ca.pem"),
        ]
        let (port, server) = try await blocking {
            let server = try OpenSSLCommand([
                "s_server", "-accept", "127.0.0.1:0", "-cert", files[0], "-key", files[1], "-CAfile", files[2],
                "-Verify", "2",
                "-verify_return_error", "-tls1_3", "-naccept", "40",
            ])
            let line = try server.expect("ACCEPT 127.0.0.1:") + server.expect("\n")
            return (Int(line.drop { $0 != ":" }.filter(\.isNumber)) ?? 0, UncheckedBox(server))
        }
        var (learnt, others): (Int, [any Error]) = (0, [])
        for _ in 0..<40 {
            let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
            let channel = try await LoopbackServer.connect(context, port: port) { Reporter(continuation) }
            channel.writeAndFlush(ByteBuffer(repeating: 1, count: 1 << 20), promise: nil)
            var errors: [any Error] = []
            for await item in news { if case .error(let error) = item { errors.append(error) } }
            if case .certificateRejectedByPeer = (errors.first as? TLSError)?.cause {
                learnt += 1
            } else {
                others += errors
            }
        }
        #expect(learnt >= 38, "\(learnt) \(others)")
        server.value.terminate()
    }
}
