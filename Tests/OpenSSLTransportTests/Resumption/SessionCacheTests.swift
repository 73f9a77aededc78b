import Testing

@testable import OpenSSLTransport

@Suite("What a client remembers of its sessions")
struct SessionCacheTests {
    private func server(_ host: String, port: Int? = 443, name: String? = nil) -> SessionCache<Int>.Server {
        SessionCache<Int>.Server(host: host, port: port, name: name ?? host)
    }

    @Test("The newest session with a server is given out first, and each but once")
    func once() {
        let cache = SessionCache<Int>(maximumCount: 10)
        cache.insert(1, with: self.server("a"))
        cache.insert(2, with: self.server("a"))
        #expect(cache.take(self.server("a")) == 2)
        #expect(cache.take(self.server("a")) == 1)
        #expect(cache.take(self.server("a")) == nil)
    }

    @Test("Another host, port or name is another server")
    func servers() {
        let cache = SessionCache<Int>(maximumCount: 10)
        cache.insert(1, with: self.server("a"))
        #expect(cache.take(self.server("b")) == nil)
        #expect(cache.take(self.server("a", port: 444)) == nil)
        #expect(cache.take(self.server("a", port: nil)) == nil)
        #expect(cache.take(self.server("a", name: "b")) == nil)
        #expect(cache.take(self.server("a")) == 1)
    }

    @Test("It holds no more than its limit; the oldest go first")
    func bounded() {
        let cache = SessionCache<Int>(maximumCount: 3)
        for number in 0..<5 { cache.insert(number, with: self.server("host\(number)")) }
        #expect(cache.count == 3)
        #expect(cache.take(self.server("host1")) == nil)
        #expect(cache.take(self.server("host2")) == 2)
    }

    @Test("One server cannot push out the others by giving many tickets")
    func boundedForEachServer() {
        let cache = SessionCache<Int>(maximumCount: 100)
        cache.insert(-1, with: self.server("quiet"))
        for number in 0..<1000 { cache.insert(number, with: self.server("generous")) }
        #expect(cache.count == SessionCache<Int>.maximumForServer + 1)
        #expect(cache.take(self.server("quiet")) == -1)
        #expect(cache.take(self.server("generous")) == 999)
    }
}
