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

    @Test("Fifty thousand servers' sessions cost no more each than a few do", .timeLimit(.minutes(1)))
    func many() {
        let cache = SessionCache<Int>(maximumCount: 20_000)
        for number in 0..<50_000 { cache.insert(number, with: self.server("host\(number)")) }
        #expect(cache.count == 20_000)
        #expect(cache.take(self.server("host29999")) == nil)
        for number in 30_000..<50_000 { #expect(cache.take(self.server("host\(number)")) == number) }
        #expect(cache.count == 0)
    }

    @Test("Whatever comes and goes, the newest of a server is given out and the oldest of all goes first")
    func randomOrders() {
        let cache = SessionCache<Int>(maximumCount: 20)
        var model: [(host: String, session: Int)] = []
        for step in 0..<20_000 {
            // Steps are spread over hosts by arithmetic, so that it is the same each time.
            let host = "host\((step &* 7919 &+ step / 13) % 11)"
            if step % 5 < 3 {
                cache.insert(step, with: self.server(host))
                model.append((host, step))
                let own = model.indices.filter { model[$0].host == host }
                if own.count > SessionCache<Int>.maximumForServer {
                    model.remove(at: own[0])
                } else if model.count > 20 {
                    model.removeFirst()
                }
            } else {
                let last = model.lastIndex { $0.host == host }
                #expect(cache.take(self.server(host)) == last.map { model.remove(at: $0).session })
            }
            #expect(cache.count == model.count)
        }
    }
}
