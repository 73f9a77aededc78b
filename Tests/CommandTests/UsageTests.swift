internal import Foundation
@testable internal import SecureChannelCommand
internal import Testing

@Suite("What the command line may be", .serialized)
struct UsageTests {
    struct Misuse: Sendable, CustomTestStringConvertible {
        var arguments: [String]
        /// What the message must say.
        var says: String
        var testDescription: String { arguments.joined(separator: " ") }

        init(_ arguments: String..., says: String) {
            self.arguments = arguments
            self.says = says
        }
    }

    @Test(
        "Misuse ends with 2, says what is wrong, and prints nothing on standard output",
        arguments: [
            Misuse(says: "subcommand"),
            Misuse("receive", says: "receive"),
            Misuse("--wrong", says: "--wrong"),
            Misuse("send", says: "<address>"),
            Misuse("send", "tcp://localhost:1", says: "<json>"),
            Misuse("send", "tcp://localhost:1", "1", "2", says: "'2'"),
            Misuse("send", "tcp://localhost:1", "1", "--wrong", says: "--wrong"),
            Misuse("send", "tcp://localhost:1", "{", says: "not JSON"),
            Misuse("send", "tcp://localhost:1", "", says: "not JSON"),
            Misuse("send", "tcp://localhost:1", "1 2", says: "not JSON"),
            Misuse("send", "tcp://localhost:1", "hello", says: "not JSON"),
            Misuse("send", "localhost:1", "1", says: "tcp://host:port"),
            Misuse("send", "tcp://localhost", "1", says: "port"),
            Misuse("send", "tcp://localhost:65536", "1", says: "65535"),
            Misuse("send", "tcp://:1", "1", says: "host"),
            Misuse("send", "http://localhost:1", "1", says: "tls://host:port"),
            Misuse("send", "unix:", "1", says: "path"),
            Misuse("send", "unix:/\(String(repeating: "x", count: 200))", "1", says: "107"),
            Misuse("send", "tcp://localhost:1", "1", "--count", "0", says: "--count"),
            Misuse("send", "tcp://localhost:1", "1", "--count", "many", says: "--count"),
            Misuse("send", "tcp://localhost:1", "1", "--timeout", "0", says: "--timeout"),
            Misuse("send", "tcp://localhost:1", "1", "--timeout", "-1", says: "--timeout"),
            Misuse("send", "tcp://localhost:1", "1", "--timeout", "nan", says: "--timeout"),
            Misuse("send", "tcp://localhost:1", "1", "--timeout", "inf", says: "--timeout"),
            Misuse("send", "tcp://localhost:1", "1", "--retry", "-0.5", says: "--retry"),
            Misuse("send", "tcp://localhost:1", "1", "--codec", "xml", says: "msgpack"),
            Misuse("send", "tls://localhost:1", "1", "--minimum-tls", "1.1", says: "1.2"),
            Misuse("send", "tcp://localhost:1", "1", "--authority", "ca.pem", says: "--authority"),
            Misuse("send", "tcp://localhost:1", "1", "--pin", "AAAA", says: "--pin"),
            Misuse("send", "tls://localhost:1", "1", "--ocsp", "perhaps", says: "required"),
            Misuse(
                "send",
                "tls://localhost:1",
                "1",
                "--system-policy",
                "--group",
                "P-256",
                says: "exclude one another"
            ),
            Misuse("serve", "tcp://localhost:1", "--reload", "1", says: "--reload"),
            Misuse("serve", "tls://localhost:1", "--reload", "0.01", says: "0.1"),
            Misuse("bench", says: "<address>"),
            Misuse("bench", "nowhere", says: "tcp://host:port"),
            Misuse("bench", "tcp://localhost:1", "1", says: "'1'"),
            Misuse("bench", "tcp://localhost:1", "--authority", "ca.pem", says: "--authority"),
            Misuse("bench", "tcp://localhost:1", "--timeout", "0", says: "--timeout"),
            Misuse("bench", "tcp://localhost:1", "--size", "-1", says: "--size"),
            Misuse("bench", "tcp://localhost:1", "--size", "1000000001", says: "from 0 to 1,000,000,000"),
            Misuse("bench", "tcp://localhost:1", "--size", "1k", says: "--size"),
            Misuse("bench", "tcp://localhost:1", "--size", "1", "--content", "1", says: "exclude"),
            Misuse("bench", "tcp://localhost:1", "--content", "{", says: "not JSON"),
            Misuse("bench", "tcp://localhost:1", "--in-flight", "0", says: "--in-flight is 0"),
            Misuse("bench", "tcp://localhost:1", "--in-flight", "65537", says: "from 1 to 65,536"),
            Misuse("bench", "tcp://localhost:1", "--connections", "0", says: "--connections is 0"),
            Misuse("bench", "tcp://localhost:1", "--connections", "65537", says: "from 1 to 65,536"),
            Misuse(
                "bench",
                "tcp://localhost:1",
                "--connections",
                "65536",
                "--in-flight",
                "5",
                says: "times --connections is 327,680, and must be from 1 to 262,144"
            ),
            Misuse(
                "bench",
                "tcp://localhost:1",
                "--connections",
                "5",
                "--size",
                "1000000000",
                says: "is 5,000,000,000, and must be from 0 to 4,294,967,296"
            ),
            Misuse("bench", "tcp://localhost:1", "--requests", "0", says: "--requests is 0"),
            Misuse("bench", "tcp://localhost:1", "--requests", "1000000000001", says: "to 1,000,000,000,000"),
            Misuse("bench", "tcp://localhost:1", "--requests", "\(Int.max)0", says: "--requests"),
            Misuse("bench", "tcp://localhost:1", "--duration", "0s", says: "longer than nothing"),
            Misuse("bench", "tcp://localhost:1", "--duration", "-1s", says: "--duration"),
            Misuse("bench", "tcp://localhost:1", "--duration", "1001h", says: "--duration"),
            Misuse("bench", "tcp://localhost:1", "--duration", "10 years", says: "500ms"),
            Misuse("bench", "tcp://localhost:1", "--warm-up", "soon", says: "--warm-up"),
            Misuse("bench", "tcp://localhost:1", "--rate", "0", says: "from 0.001 to 10,000,000"),
            Misuse("bench", "tcp://localhost:1", "--rate", "-5", says: "--rate"),
            Misuse("bench", "tcp://localhost:1", "--rate", "nan", says: "--rate"),
            Misuse("bench", "tcp://localhost:1", "--rate", "1e8", says: "from 0.001 to 10,000,000"),
            Misuse("bench", "tcp://localhost:1", "--threads", "0", says: "--threads is 0"),
            Misuse("bench", "tcp://localhost:1", "--threads", "1025", says: "from 1 to 1,024"),
            Misuse("bench", "tcp://localhost:1", "--codec", "xml", says: "msgpack"),
            Misuse("doctor", says: "<address>"),
            Misuse("doctor", "nowhere", says: "tcp://host:port"),
            Misuse("doctor", "tcp://localhost:1", "--authority", "ca.pem", says: "--authority"),
            Misuse("doctor", "tcp://localhost:1", "--timeout", "0", says: "--timeout"),
            Misuse("serve", says: "<address>"),
            Misuse("serve", "nowhere", says: "tcp://host:port"),
            Misuse("serve", "tls://localhost:0", "--client-certificates", "some", says: "optional"),
            Misuse("serve", "unix:/tmp/x", "--certificate", "a.pem", "--key", "a.key", says: "--certificate, --key"),
            Misuse("certificates", says: "<directory>"),
            Misuse("certificates", "/dev/null/certs", says: "/dev/null/certs"),
            Misuse("certificates", "certs", "--host", "300.1.1.1", says: "300.1.1.1"),
        ]
    )
    func misuse(misuse: Misuse) async throws {
        // What the parser refuses needs no process: `main` does the same, and ends with what is looked at here.
        do {
            _ = try SecureChannelCommand.parsed(misuse.arguments)
        } catch {
            #expect(CommandStatus(error) == .usage, "\(error)")
            let said = Failure.text(error)
            #expect(said.contains(misuse.says), "\(said)")
            return
        }
        let outcome = try await Command.run(misuse.arguments)
        #expect(outcome.isExit && outcome.status == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("securechannel: "), "\(outcome.errors)")
        #expect(outcome.errors.contains(misuse.says), "\(outcome.errors)")
    }

    @Test(
        "Help names every option with its default, and shows examples",
        arguments: [
            (
                [],
                [
                    "securechannel certificates certs", "serve", "send", "doctor", "bench", "Exit status",
                    "tls://host:port",
                ]
            ),
            (
                ["send"],
                [
                    "securechannel send unix:/run/db.sock", "<address>", "<json>", "--count <n>", "(default: 1)",
                    "--codec <msgpack|json>", "default: msgpack", "--certificate <file>", "--key <file>",
                    "--authority <path>", "--server-name <name>", "--minimum-tls <1.2|1.3>", "default: 1.3",
                    "--alpn <name>", "--timeout <seconds>", "--retry <seconds>", "(default: 0)", "--verbose",
                ]
            ),
            (
                ["serve"],
                [
                    "securechannel serve tcp://localhost:5555", "--client-certificates <none|optional|required>",
                    "SIGTERM",
                ]
            ),
            (
                ["doctor"],
                [
                    "securechannel doctor tls://db1.internal:5555", "<address>", "--json", "--timeout <seconds>",
                    "(default: 5)", "--authority <path>", "Exit status: 0 only if a channel would work",
                ]
            ),
            (
                ["bench"],
                [
                    "securechannel bench tcp://localhost:5555 --in-flight 64", "<address>", "--size <bytes>",
                    "(default: 64)", "--content <json>", "--in-flight <n>", "(default: 1;", "--connections <n>",
                    "(default: 1)",
                    "--requests <n>", "--duration <time>", "(default: 10s", "--warm-up <time>",
                    "(default: 500ms;",
                    "--rate <calls-per-second>", "--threads <n>", "--json", "--codec <msgpack|json>",
                    "--authority <path>",
                    "--timeout <seconds>", "--retry <seconds>", "--verbose", "Exit status", "Ctrl-C",
                ]
            ),
            (
                ["certificates"],
                ["--host db1.internal --host 10.0.0.7", "--host <name>", "localhost, 127.0.0.1", "client.key"]
            ),
        ]
    )
    func help(subcommand: [String], words: [String]) async throws {
        let outcome = try await Command.run(subcommand + ["--help"])
        #expect(outcome.isExit && outcome.status == 0)
        #expect(outcome.errors == "")
        for word in words { #expect(outcome.output.contains(word), "\(outcome.output)") }
    }

    @Test("The version is printed")
    func version() async throws {
        let outcome = try await Command.run("--version")
        #expect(outcome.status == 0)
        #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
    }
}
