import Foundation
import SecureChannel
import TestCertificates
import Testing

/// Whatever becomes of a message, nothing that the library says shows its content, nor a key of its connection. The names of
/// fields are not content: errors say with them where in a message something is wrong.
@Suite("Secrets in traffic", .timeLimit(.minutes(2)))
struct TrafficSecretsTests {
    private static let content = "the patient's diagnosis is hypochondria"

    private let secrets: Secrets

    init() throws {
        var secrets = Secrets()
        secrets.add(Self.content, as: "content")
        try secrets.add(TestPKI.shared.files.server, as: "server's key")
        try secrets.add(TestPKI.shared.files.client, as: "client's key")
        self.secrets = secrets
    }

    private enum Ward: String, Codable { case surgery, intensive }
    private struct Record: Codable { var name: String, ward: Ward }
    private struct Unwritable: Encodable, Sendable {
        func encode(to encoder: any Encoder) throws {
            throw EncodingError.invalidValue(
                TrafficSecretsTests.content,
                .init(codingPath: encoder.codingPath, debugDescription: "cannot be written")
            )
        }
    }
    /// Prints as its type alone, as errors do that say nothing of themselves.
    private struct Failure: Error { var diagnosis = TrafficSecretsTests.content }

    /// What handlers do with a content that none of them expects.
    private static func answer(_ request: Request, _ utterances: Utterances) async throws {
        utterances.note("\(request) \(request.id)")
        switch request.id % 6 {
        case 0: try await request.reply(request.content(as: Value.self))
        case 1: try await request.fail(Failure())
        case 2: await utterances.noteError { _ = try request.content(as: Int.self) }
        case 3: await utterances.noteError { _ = try request.content(as: Ward.self) }
        case 4: await utterances.noteError { _ = try request.content(as: [String: Int].self) }
        default: await utterances.noteError { try await request.reply(Unwritable()) }
        }
        // Those without an answer get one when they are dropped; a second answer is refused.
        if request.id % 6 < 2 { await utterances.noteError { try await request.reply(Self.content) } }
    }

    /// Calls that succeed and fail in all the ways that a call may.
    private func call(_ channel: Channel, _ utterances: Utterances) async {
        utterances.note("\(channel) \(channel.transport)")
        utterances.note(channel.tls as Any)
        let contents: [Value] = [
            .string(Self.content), .binary(.init(Self.content.utf8)), .array([.string(Self.content)]),
            .map(["diagnosis": .string(Self.content)]),
            .map(["name": .string(Self.content), "ward": .string(Self.content)]),
        ]
        for content in contents {
            for _ in 0..<6 { await utterances.noteError { let _: Value = try await channel.send(content) } }
            for _ in 0..<6 { await utterances.noteError { let _: Record = try await channel.send(content) } }
            for _ in 0..<6 { await utterances.noteError { let _: Ward = try await channel.send(content) } }
            for _ in 0..<6 { await utterances.noteError { let _: [String: Int] = try await channel.send(content) } }
            for _ in 0..<6 { await utterances.noteError { let _: URL = try await channel.send(content) } }
        }
        await utterances.noteError { try await channel.send(Unwritable()) }
        await utterances.noteError { try await channel.send(String(repeating: Self.content, count: 100)) }
        await utterances.noteError { try await channel.send(Self.content, timeout: .nanoseconds(1)) }
        let pending = Task { await utterances.noteError { try await channel.send(Self.content) } }
        await channel.close()
        _ = await pending.value
        await utterances.noteError { try await channel.send(Self.content) }
    }

    @Test(
        "Contents are in no log line and no error, whatever becomes of them",
        arguments: TransportKind.allCases,
        [false, true]
    )
    func contents(kind: TransportKind, isJSON: Bool) async throws {
        let utterances = Utterances()
        let configuration = ChannelConfiguration(maximumMessageSize: 2_000, logger: utterances.logger)
        let codec: any Codec = isJSON ? .json : .messagePack
        let addresses = try kind.makeAddresses()
        let server = try await startServer(addresses.server, codec: codec, configuration: .init(channel: configuration))
        {
            for try await request in $0.requests { try await Self.answer(request, utterances) }
            throw Failure()
        }
        let address = addresses.client(server.address)
        let channel = try await openChannel(address, codec: codec, configuration: configuration)
        await call(channel, utterances)
        await server.shutDown()
        utterances.expectNone(of: secrets)
        #expect(utterances.all.contains("decodingFailed") && utterances.all.contains("encodingFailed"))
    }

    @Test("What a peer says that is no message of ours, or none of TLS, is not repeated", arguments: [false, true])
    func strangeBytes(isTLS: Bool) async throws {
        let utterances = Utterances()
        let configuration = ChannelConfiguration(connectTimeout: .seconds(5), logger: utterances.logger)
        let text = Array(Self.content.utf8)
        let messages: [[UInt8]] = [
            frame(text), frame([0x93, 0x00, 0x01] + text), frame([0x93] + text),
            frame(Array("[0, 0, \"\(Self.content)\"]".utf8)),
            frame(Array("[0, \"\(Self.content)\"]".utf8)), frame([0x93, 0x01, 0x07, 0xB0] + text),
        ]
        for codec in [.messagePack, .json] as [any Codec] {
            let address = Address.tls("127.0.0.1", 0, TestPKI.shared.server)
            let server = try await startServer(
                isTLS ? address : .tcp("127.0.0.1", 0),
                codec: codec,
                configuration: .init(channel: configuration)
            ) { channel in
                await utterances.noteError { for try await request in channel.requests { try await request.reply(1) } }
            }
            for message in messages {
                let peer = try await RawPeer.connect(port: server.address.port ?? 0)
                try await peer.send(message)
                try await peer.endOutput()
                _ = await peer.readToEnd()
                await peer.close()

                try await RawPeer.accept { port, accept in
                    async let opened = utterances.noteError {
                        let client = Address.tls("127.0.0.1", port, TestPKI.shared.client)
                        let channel = try await openChannel(
                            isTLS ? client : .tcp("127.0.0.1", port),
                            codec: codec,
                            configuration: configuration
                        )
                        try await channel.send(Self.content)
                    }
                    let peer = try await accept()
                    _ = await peer.read(1)
                    try? await peer.send(message)
                    try? await peer.endOutput()
                    _ = await opened
                    await peer.close()
                }
            }
            await server.shutDown(gracePeriod: .zero)
        }
        utterances.expectNone(of: secrets)
        #expect(utterances.all.contains(isTLS ? "peerIsNotTLS" : "invalidMessage"))
    }

    @Test("Refusals on either side, resumption and a key log show no key, not even those of the log itself")
    func handshakes() async throws {
        let utterances = Utterances()
        let keyLog = FileManager.default.temporaryDirectory.appendingPathComponent("sc-\(UUID().uuidString).keys")
        defer { try? FileManager.default.removeItem(at: keyLog) }
        let stranger = try CertificateFiles()
        func tls(_ identity: Identity?, trusting files: CertificateFiles, serverName: String? = nil) -> TLSConfiguration
        {
            TLSConfiguration(
                certificate: identity.map { .pem($0.chainPEM) },
                privateKey: identity.map { .pem($0.privateKey.pem) },
                trustRoots: .pem(files.authority.certificate.pem),
                serverName: serverName,
                dangerouslyLogKeysTo: keyLog.path,
                resumption: .tickets()
            )
        }
        let files = TestPKI.shared.files
        let configuration = ChannelConfiguration(logger: utterances.logger)
        let clients = [
            tls(files.client, trusting: files), tls(stranger.client, trusting: files), tls(nil, trusting: files),
            tls(files.client, trusting: stranger), tls(files.client, trusting: files, serverName: "other.example"),
        ]
        let server = try await startServer(
            .tls("127.0.0.1", 0, tls(files.server, trusting: files)),
            configuration: .init(channel: configuration)
        ) { channel in
            utterances.note(channel.tls as Any)
            try await channel.serve { (content: Value) in content }
        }
        for client in clients + clients {
            let address = Address.tls("127.0.0.1", server.address.port ?? 0, client)
            await utterances.noteError { utterances.note(try await inspectTLS(address)) }
            await utterances.noteError {
                let channel = try await openChannel(address, configuration: configuration)
                utterances.note(channel.tls as Any)
                let _: Value = try await channel.send(Self.content)
                await channel.close()
            }
        }
        await server.shutDown()

        var secrets = secrets
        try secrets.add(stranger.client, as: "stranger's key")
        let log = try String(contentsOf: keyLog, encoding: .utf8)
        // Its label, the client's random number, the secret.
        let logged = log.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst(2).first }
        try #require(!logged.isEmpty)
        for secret in logged { secrets.add(String(secret), as: "traffic secret") }
        utterances.expectNone(of: secrets)
        #expect(utterances.all.contains("unknownAuthority") && utterances.all.contains("requires a client certificate"))
        #expect(utterances.all.contains("isResumed: true"))
    }
}
