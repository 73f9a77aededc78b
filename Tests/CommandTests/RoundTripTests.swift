internal import Foundation
internal import Testing

/// A way for bytes to travel, as options of both sides.
enum Travel: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case tcp, unix, tls, mutualTLS

    var testDescription: String { rawValue }

    func serving(_ made: MadeCertificates) -> [String] {
        switch self {
        case .tcp: ["tcp://127.0.0.1:0"]
        case .unix: ["unix:\(made.directory.path)/socket"]
        case .tls: ["tls://localhost:0"] + made.server
        case .mutualTLS: ["tls://localhost:0"] + made.server + made.authority
        }
    }

    func sending(_ made: MadeCertificates) -> [String] {
        switch self {
        case .tcp, .unix: []
        case .tls: made.authority
        case .mutualTLS: made.authority + made.client
        }
    }
}

@Suite("A request and its reply", .serialized)
struct RoundTripTests {
    @Test(
        "Standard output holds the ready line and the replies, and nothing else is said, over every transport and codec",
        arguments: Travel.allCases,
        ["msgpack", "json"]
    )
    func roundTrip(travel: Travel, codec: String) async throws {
        let made = try await MadeCertificates()
        let serving = travel.serving(made)
        let served = try await withServing(serving + ["--codec", codec]) { _, address in
            let sent = try await Command.run(
                ["send", address, #"{"to": ["wörld", -1, 2.5, true, null]}"#, "--codec", codec] + travel.sending(made)
            )
            #expect(sent.status == 0)
            #expect(sent.output == #"{"to": ["w\u00f6rld", -1, 2.5, true, null]}"# + "\n")
            #expect(sent.errors == "")

            let line = "listening on \(address)\n"
            if travel == .unix {
                #expect("unix:\(made.directory.path)/socket" == address)
            } else {
                // The scheme and host that were asked for, and a port that is real.
                let asked = try #require(serving.first?.dropLast())
                #expect(address.hasPrefix(asked))
                #expect(Int(address.dropFirst(asked.count)).map { (1...65535).contains($0) } == true, "\(line)")
            }
        }
        #expect(served.isExit && served.status == 0)
        #expect(served.output.split(separator: "\n").count == 1)
        #expect(served.errors == "")
        #expect(!FileManager.default.fileExists(atPath: "\(made.directory.path)/socket"))
    }

    @Test("With --count there is a line for each reply")
    func count() async throws {
        try await withServing(["tcp://127.0.0.1:0"]) { _, address in
            let sent = try await Command.run("send", address, #""ohai""#, "--count", "3")
            #expect(sent.status == 0)
            #expect(sent.output == "\"ohai\"\n\"ohai\"\n\"ohai\"\n")
            #expect(sent.errors == "")
        }
    }

    @Test("A negative number is a request, not an option", arguments: ["-5", "-0.5", "-1e3"])
    func negativeNumber(json: String) async throws {
        try await withServing(["tcp://127.0.0.1:0"]) { _, address in
            let sent = try await Command.run("send", address, json)
            #expect(sent.status == 0, "\(sent.errors)")
            #expect(Double(sent.output.dropLast()) == Double(json))
        }
    }

    @Test("Both sides agree on a protocol by ALPN and on TLS 1.2, and --verbose tells so on standard error")
    func agreement() async throws {
        let made = try await MadeCertificates()
        let options = ["--alpn", "one", "--alpn", "two", "--minimum-tls", "1.2"]
        let serving = ["tls://localhost:0"] + made.server + options
        try await withServing(serving) { _, address in
            let sending = ["send", address, "null", "--alpn", "two", "--minimum-tls", "1.2", "--verbose"]
            let sent = try await Command.run(sending + made.authority)
            #expect(sent.status == 0)
            #expect(sent.output == "null\n")
            #expect(sent.errors.contains("ALPN 'two'"))
            #expect(sent.errors.contains("verified as 'localhost'"))
        }
    }

    @Test("With --retry a server that starts later is found")
    func retry() async throws {
        let directory = try TemporaryDirectory()
        let address = "unix:\(directory.path)/socket"
        let sending = try Command(["send", address, "1", "--retry", "50", "--verbose"])
        _ = await sending.errors.until("trying again")
        try await withServing([address]) { _, _ in
            let sent = await sending.end()
            #expect(sent.status == 0)
            #expect(sent.output == "1\n")
        }
    }
}
