import Foundation
import SecureChannel
import TestCertificates
import Testing

/// Keeps the README honest: its code compiles and runs, its numbers are the sources', its links lead somewhere, and what
/// it quotes of errors is what they say.
@Suite("The README", .timeLimit(.minutes(2)))
struct ReadmeTests {
    private let readme: Readme

    init() throws { readme = try Readme() }

    @Test("Its example greets over TLS, both sides proving who they are")
    func example() async throws {
        try await withCertificates { directory in
            let greeting = try await greet("world", certificates: directory)
            #expect(greeting == "Hello, world!")
        }
    }

    @Test("Its shorter pieces of code do what they say")
    func snippets() async throws {
        try await withPair(.tcp) { channel in
            try await channel.serve { (greeting: String) in
                try await channel.send("Is that all, '\(greeting)'?") as String
            }
        } _: { _, server in
            let answer = try await bothEndsMayCall(server.address)
            #expect(answer == "Is that all, 'ohai'? Yes.")
        }
        try await withPair(.tcp, onChannel: requestByRequest) { channel, _ in
            let sum: Int = try await channel.send([1, 2, 3])
            #expect(sum == 6)
            let refusal = await #expect(throws: RemoteError.self) { try await channel.send("one") }
            #expect(refusal?.message == "Send integers.")
        }
    }

    @Test("Its pieces about who may call let in whom they say, and nobody else")
    func authorisation() async throws {
        let party = try Party()
        var front = CertificateRequest.client(commonName: "front")
        front.alternativeNames = [.uri("spiffe://example.org/front")]
        let clients = [
            try party.authority.issue(front), try party.authority.issue(.client(commonName: "back")),
            try party.authority.issue(.client(commonName: "stranger")),
        ]
        try await withServer(
            .tls("127.0.0.1", 0, party.server()),
            configuration: careful(Directory(subjects: ["CN=front", "CN=back"])),
            onChannel: authorised
        ) { server in
            var said: [String] = []
            for identity in clients {
                let address = Address.tls("127.0.0.1", server.address.port ?? 0, party.configuration(identity))
                do {
                    said.append(try await withChannel(address) { try await $0.send("you") })
                } catch let error as RemoteError {
                    said.append(error.message)
                } catch let error as ChannelError {
                    said.append("\(error.code)")
                }
            }
            #expect(
                said == [
                    "Hello, you!", "NotAllowed", "The server does not accept this connection, and has begun nothing.",
                ]
            )
        }
    }

    @Test("Every piece of Swift in it is in these tests, character for character")
    func code() throws {
        let compiled = try ["ReadmeExample.swift", "ReadmeSnippets.swift"].flatMap { try Readme.markedRegions($0) }
        let written = readme.blocks(of: "swift").filter { !$0.contains(".package(") }
        #expect(!written.isEmpty)
        #expect(Set(written) == Set(compiled))
        #expect(written.first.map { $0.split(separator: "\n", omittingEmptySubsequences: false).count } == 20)
    }

    @Test("Its table of limits has the sources' defaults", arguments: Self.defaults)
    func limits(_ name: String, _ value: String) throws {
        let row = try #require(readme.tableRows.first { $0.first == "`\(name)`" }, "no row for \(name)")
        #expect(row.dropFirst().first == value)
    }

    @Test("The paths and links in it exist")
    func links() throws {
        let paths = readme.localLinks + readme.sourcePaths
        #expect(paths.count > 10)
        for path in paths { #expect(readme.has(path), "\(path) is not there") }
    }

    @Test("What it says that an error says, the error says", arguments: ErrorCase.allCases)
    func errors(_ fault: ErrorCase) async throws {
        try await withCertificates { directory in
            let text = await fault.text(directory)
            let isQuoted = readme.tableRows.contains { row in
                guard let cell = row.first, cell.hasPrefix("`"), cell.contains(fault.landmark) else { return false }
                return Self.quotes(cell, text)
            }
            #expect(isQuoted, "the README quotes no part of: \(text)")
        }
    }

    /// Whether the parts of `cell` that are not left out by "…" stand in `text`, in their order.
    private static func quotes(_ cell: String, _ text: String) -> Bool {
        var rest = text[...]
        for part in cell.trimmingCharacters(in: ["`"]).components(separatedBy: "…") {
            guard let range = rest.range(of: part) else { return part.isEmpty }
            rest = rest[range.upperBound...]
        }
        return true
    }

    private static let defaults: [(String, String)] = {
        let channel = ChannelConfiguration()
        let server = ServerConfiguration()
        let keepAlive = SocketConfiguration.KeepAlive()
        return [
            ("connectTimeout", seconds(channel.connectTimeout)),
            ("retryTimeout", seconds(channel.retryTimeout)),
            ("replyTimeout", seconds(channel.replyTimeout)),
            ("maximumMessageSize", mebibytes(channel.maximumMessageSize)),
            ("maximumOutboundCalls", number(channel.maximumOutboundCalls)),
            ("maximumOutboundBytes", mebibytes(channel.maximumOutboundBytes)),
            ("maximumInboundRequests", number(channel.maximumInboundRequests)),
            ("maximumInboundBytes", mebibytes(channel.maximumInboundBytes)),
            ("maximumWaitingBytes", mebibytes(channel.maximumWaitingBytes)),
            ("writeTimeout", seconds(channel.writeTimeout)),
            ("drainTimeout", seconds(channel.drainTimeout)),
            ("abandonedCallTimeout", seconds(channel.abandonedCallTimeout)),
            ("backlog", number(server.backlog)),
            ("maximumConnections", number(server.maximumConnections)),
            ("acceptTimeout", seconds(server.acceptTimeout)),
            ("keepAlive", "\(seconds(keepAlive.idle)), then \(keepAlive.count) × \(seconds(keepAlive.interval))"),
            ("userTimeout", seconds(SocketConfiguration().userTimeout)),
            ("maximumDepth", number(MessagePackCodec().maximumDepth)),
            ("maximumDepth", number(JSONCodec().maximumDepth)),
            ("maximumMemory", mebibytes(MessagePackCodec().maximumMemory)),
            ("maximumMemory", mebibytes(JSONCodec().maximumMemory)),
        ]
    }()

    private static func seconds(_ duration: Duration?) -> String { "\(duration?.components.seconds ?? -1) s" }
    private static func mebibytes(_ count: Int) -> String { "\(count >> 20) MiB" }
    private static func number(_ number: Int) -> String {
        number < 1000 ? "\(number)" : "\(number / 1000),\(String(1000 + number % 1000).dropFirst())"
    }
}

/// Makes the five files in a directory of their own, and removes them.
func withCertificates(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("readme-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try CertificateFiles().write(to: directory)
    try await body(directory)
}
