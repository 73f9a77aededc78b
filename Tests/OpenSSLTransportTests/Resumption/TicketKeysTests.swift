import Testing

@testable import OpenSSLTransport

@Suite("The keys of tickets")
struct TicketKeysTests {
    private func seal(_ keys: TicketKeys, at now: Int64) throws -> (name: [UInt8], secret: [UInt8]) {
        let key = try #require(keys.sealingKey(at: now))
        return (key.name, Array(key.secret.bytes))
    }

    private func open(_ keys: TicketKeys, _ name: [UInt8], at now: Int64) -> (secret: [UInt8], isNewest: Bool)? {
        keys.openingKey(name, at: now).map { (secret: Array($0.key.secret.bytes), isNewest: $0.isNewest) }
    }

    @Test("A ticket can be opened with the key that sealed it until its lifetime is over, across a change of keys")
    func rotation() throws {
        let keys = TicketKeys(lifetime: 100)
        let first = try self.seal(keys, at: 1000)
        #expect(first.secret.count == 64)
        #expect(try self.seal(keys, at: 1099).name == first.name)
        #expect(self.open(keys, first.name, at: 1099)?.isNewest == true)

        let second = try self.seal(keys, at: 1100)
        #expect(second.name != first.name)
        #expect(second.secret != first.secret)
        let old = try #require(self.open(keys, first.name, at: 1199))
        #expect(old.secret == first.secret)
        #expect(!old.isNewest)
    }

    @Test("A key is gone two lifetimes after it was made, whether there is a newer one or not")
    func retirement() throws {
        let busy = TicketKeys(lifetime: 100)
        let first = try self.seal(busy, at: 1000)
        _ = try self.seal(busy, at: 1100)
        #expect(self.open(busy, first.name, at: 1200) == nil)

        let idle = TicketKeys(lifetime: 100)
        let only = try self.seal(idle, at: 1000)
        #expect(self.open(idle, only.name, at: 1200) == nil)
    }

    @Test("A clock that was set back retires all keys")
    func clockSetBack() throws {
        let keys = TicketKeys(lifetime: 100)
        let key = try self.seal(keys, at: 1000)
        #expect(self.open(keys, key.name, at: 999) == nil)
    }

    @Test("Nobody else's name opens anything")
    func foreignName() throws {
        let keys = TicketKeys(lifetime: 100)
        _ = try self.seal(keys, at: 1000)
        #expect(self.open(keys, [UInt8](repeating: 0, count: 16), at: 1000) == nil)
        #expect(self.open(TicketKeys(lifetime: 100), try self.seal(keys, at: 1000).name, at: 1000) == nil)
    }
}
