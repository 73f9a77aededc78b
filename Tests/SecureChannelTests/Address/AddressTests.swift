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
            ("tcp://localhost:65536", "between 0 and 65535"), ("tcp://localhost:99999999999999999999", "not a number"),
            ("tcp://:80", "host is empty"), ("tcp://::1:80", "brackets"), ("tcp://[::1:80", "bracket"),
            ("tcp://a b:80", "white space"), ("unix:", "no path"), ("unix:/a\u{0}b", "NUL"),
            ("unix:/" + String(repeating: "x", count: 107), "108 bytes"),
        ]
    )
    func refusals(_ url: String, _ reason: String) {
        let error = #expect(throws: ChannelError.self) { try Address(url) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains(reason) == true, "\(error.map { "\($0)" } ?? "")")
    }
}
