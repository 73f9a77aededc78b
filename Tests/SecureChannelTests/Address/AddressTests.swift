import SecureChannel
import Testing

@Suite("Addresses")
struct AddressTests {
    private let tls = TLSConfiguration()

    @Test(
        "An address reads what it writes",
        arguments: [
            ("tcp://localhost:5555", Address.tcp(host: "localhost", port: 5555)),
            ("tcp://[::1]:0", .tcp(host: "::1", port: 0)),
            ("tcp://[fe80::1%eth0]:80", .tcp(host: "fe80::1%eth0", port: 80)),
            ("tcp://127.0.0.1:65535", .tcp(host: "127.0.0.1", port: 65535)),
            ("unix:/run/db.sock", .unix(path: "/run/db.sock")),
            ("unix:db.sock", .unix(path: "db.sock")),
        ]
    )
    func roundTrip(_ url: String, _ address: Address) throws {
        #expect(try Address(url) == address)
        #expect(address.description == url)
    }

    @Test("A TLS address needs its configuration beside it, and never shows it")
    func tlsAddress() throws {
        let address = try Address("tls://db1.internal:5555", tls: tls)
        #expect(address == .tls(host: "db1.internal", port: 5555, tls))
        #expect(address.description == "tls://db1.internal:5555")
        #expect("\(String(reflecting: address))" == "tls://db1.internal:5555")
        #expect(throws: ChannelError.self) { try Address("tls://db1.internal:5555") }
    }

    /// Written as unix://run/db.sock, it came back as the relative path run/db.sock.
    @Test("A path that begins with two slashes is written as an address that reads as the same path")
    func twoSlashes() throws {
        let address = Address.unix(path: "//run/db.sock")
        #expect(address.description == "unix:////run/db.sock")
        #expect(try Address(address.description) == address)
    }

    @Test("Three slashes after unix: are one")
    func threeSlashes() throws {
        #expect(try Address("unix:///run/db.sock") == .unix(path: "/run/db.sock"))
    }

    @Test("Both spellings make the same address")
    func spellings() {
        #expect(Address.tcp("a", 1) == .tcp(host: "a", port: 1))
        #expect(Address.unix("/a") == .unix(path: "/a"))
        #expect(Address.tls("a", 1, tls) == .tls(host: "a", port: 1, tls))
    }

    @Test(
        "What is no address is refused with a reason",
        arguments: [
            ("localhost:5555", "does not begin with"), ("http://a:1", "does not begin with"),
            ("", "does not begin with"),
            ("tcp://localhost", "port is missing"), ("tcp://localhost:", "not a number"),
            ("tcp://localhost:x", "not a number"), ("tcp://localhost:-1", "not a number"),
            ("tcp://localhost:65536", "between 0 and 65535"),
            ("tcp://localhost:99999999999999999999", "between 0 and 65535"),
            ("tcp://:80", "host is empty"), ("tcp://::1:80", "brackets"), ("tcp://[::1:80", "bracket"),
            ("tcp://a b:80", "white space"), ("unix:", "no path"), ("unix:/a\u{0}b", "NUL"),
            ("unix:/" + String(repeating: "x", count: 107), "108 bytes"),
        ]
    )
    func refusals(_ url: String, _ reason: String) {
        refuse(url, reason)
    }

    @Test(
        "What a URL can say and an address cannot is refused, and not dropped or taken for a name",
        arguments: [
            ("unix://host/x", "'host' stands where a host would"), ("unix://host", "'host' stands where a host would"),
            ("unix://./x", "'.' stands where a host would"), ("unix://", "no path"),
            ("unix://localhost/run/db.sock", "'localhost' stands"),
            ("tcp://user@h:5", "no users"), ("tcp://user:secret@h:5", "no users"), ("tcp://@h:5", "no users"),
            ("tcp://[::1]@h:5", "no users"), ("tls://user@h:5", "no users"),
            ("tcp://h:5/path", "after the port"), ("tcp://h:5//", "after the port"),
            ("tcp://h:5?q=1", "after the port"),
            ("tcp://h:5#f", "after the port"), ("tcp://h:5/?q", "after the port"), ("tcp://h/x:5", "after the port"),
            ("tcp://h?x:5", "after the port"), ("tcp://h:5/#", "after the port"), ("tcp://h#:5", "after the port"),
            ("tcp://", "port is missing"), ("tcp:///", "port is missing"), ("tcp://h", "port is missing"),
            ("tcp://[::1]", "port is missing"), ("tcp://[::1]5", "port is missing"),
            ("tcp://[::1]x:5", "port is missing"),
            ("tcp://[]:5", "in brackets"), ("tcp://[h]:5", "in brackets"), ("tcp://[127.0.0.1]:5", "in brackets"),
            ("tcp://[::1", "closing bracket"), ("tcp://::1]:5", "must stand in brackets"),
            ("tcp://h]:5", "']' in it"), ("tcp://h[:5", "'[' in it"), ("tcp://a:b:5", "must stand in brackets"),
            ("tcp://[::g]:5", "no IPv6 address"), ("tcp://[fe80::1%]:5", "zone"), ("tcp://[fe80::1%a%b]:5", "zone"),
            ("tcp://h:+5", "not a number"), ("tcp://h:-5", "not a number"), ("tcp://h: 5", "not a number"),
            ("tcp://h:5 ", "not a number"), ("tcp://h:0x50", "not a number"), ("tcp://h:5.0", "not a number"),
            ("tcp://h:٥", "not a number"), ("tcp://h:1e3", "not a number"), ("tcp://h:", "not a number"),
            ("tcp://h:05", "begins with a zero"), ("tcp://h:00", "begins with a zero"),
            ("tcp://h:000080", "begins with a zero"), ("tcp://h:65536", "between 0 and 65535"),
            ("tcp://h:4294967376", "between 0 and 65535"), ("tcp://h:18446744073709551696", "between 0 and 65535"),
            ("tcp://h%41:5", "without encoding"), ("tcp://127.0.0.1%00:5", "without encoding"),
            ("tcp://%5B::1%5D:5", "must stand in brackets"), ("tcp://h%2Fx:5", "without encoding"),
            ("tcp://:5", "host is empty"), ("tcp://\u{A0}:5", "white space"), ("tcp://h\t:5", "white space"),
            ("tcp://h\n:5", "white space"), ("tcp://h\\x:5", "in it"), ("tcp://<h>:5", "in it"),
            ("TCP://h:5", "does not begin with"), ("tcp:h:5", "does not begin with"),
            ("tcp:/h:5", "does not begin with"),
            (" tcp://h:5", "does not begin with"), ("UNIX:/x", "does not begin with"),
            ("tls:h:5", "does not begin with"),
        ]
    )
    func otherMeanings(_ url: String, _ reason: String) {
        refuse(url, reason)
    }

    @Test(
        "An address that was made of its parts is held to the same",
        arguments: [
            (Address.tcp("user@h", 5), "no users"), (.tcp("h/x", 5), "'/' in it"), (.tcp("h?q", 5), "'?' in it"),
            (.tcp("h%41", 5), "without encoding"), (.tcp("[::1]", 5), "no IPv6 address"),
            (.tcp("h:5", 5), "no IPv6 address"),
            (.tcp("h", -1), "between 0 and 65535"), (.tcp("h", 65536), "between 0 and 65535"), (.tcp("", 5), "empty"),
            (.tcp("h", Int.max), "between 0 and 65535"), (.tcp("h", Int.min), "between 0 and 65535"),
        ]
    )
    func parts(_ address: Address, _ reason: String) async {
        for start in [false, true] {
            let error = await #expect(throws: ChannelError.self) {
                if start {
                    _ = try await startServer(address) { _ in }
                } else {
                    _ = try await openChannel(address)
                }
            }
            #expect(error?.code == .invalidConfiguration)
            #expect(error?.message.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
        }
    }

    @Test(
        "A password that stands in a URL is not repeated",
        arguments: ["tcp://user:hunter2@h:5", "http://u:hunter2@h/x@y"]
    )
    func passwords(_ url: String) {
        let error = #expect(throws: ChannelError.self) { try Address(url) }
        #expect(error.map { "\($0)" }?.contains("hunter2") == false)
    }

    @Test("Port 0 is for servers: a client is told so")
    func portZero() async {
        let error = await #expect(throws: ChannelError.self) { try await openChannel(.tcp("localhost", 0)) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains("free one to listen on") == true)
    }

    @Test(
        "What is only unusual is taken as it is written",
        arguments: [
            ("tcp://h:5/", Address.tcp("h", 5)), ("tcp://under_score:5", .tcp("under_score", 5)),
            ("tcp://bücher:5", .tcp("bücher", 5)),
            ("tcp://h.:5", .tcp("h.", 5)), ("tcp://[::ffff:127.0.0.1]:5", .tcp("::ffff:127.0.0.1", 5)),
            ("tcp://[fe80::1%eth0.5]:5", .tcp("fe80::1%eth0.5", 5)), ("unix:a b?c#d%41@e:5", .unix("a b?c#d%41@e:5")),
            ("unix:///a//b", .unix("/a//b")), ("unix:/a", .unix("/a")), ("unix:./a", .unix("./a")),
            ("unix:////a", .unix("//a")),
        ]
    )
    func unusual(_ url: String, _ address: Address) throws {
        #expect(try Address(url) == address)
    }

    private func refuse(_ url: String, _ reason: String) {
        let error = #expect(throws: ChannelError.self) { try Address(url, tls: url.hasPrefix("tls:") ? tls : nil) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
    }
}
