internal import COpenSSL
internal import Synchronization

/// The keys that a server seals its tickets with: the newest, and the one before, whose tickets are still out.
///
/// In memory alone. Each is used for as long as a ticket lives and kept for as long again; who has stolen one can open
/// the tickets of no longer than that, and not the traffic of sessions, which have keys of their own.
final class TicketKeys: Sendable {
    /// What tickets are sealed with. Nil if the library has no such cipher: then there are no tickets.
    let cipher: TicketCipher?
    private let lifetime: Int64
    private let library: LibraryContext?
    private let ring = Mutex(Ring())

    private struct Ring {
        var newest: Key?
        var former: Key?
    }

    struct Key: Sendable {
        let name: [UInt8]
        let secret: Secret
        let madeAt: Int64
    }

    /// Wiped with its last reference.
    final class Secret: @unchecked Sendable {
        // Why unchecked is sound: the memory is filled before anybody else has the object, and only read from then on.
        private let memory: WipedBytes
        var bytes: UnsafeRawBufferPointer { self.memory.bytes }

        /// Nil if OpenSSL has no random numbers.
        init?(in library: LibraryContext?) {
            let count = Int(COpenSSL_ticketSecretLength)
            self.memory = WipedBytes(capacity: count)
            let start = self.memory.memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
            guard RAND_priv_bytes_ex(library?.pointer, start, count, 0) == 1 else { return nil }
            self.memory.setCount(count)
        }
    }

    /// - Parameters:
    ///   - lifetime: of a ticket, in seconds.
    ///   - library: Where random numbers and the cipher come from; nil for OpenSSL's default.
    init(lifetime: Int64, in library: LibraryContext? = nil) {
        self.cipher = TicketCipher(in: library)
        self.lifetime = lifetime
        self.library = library
    }

    /// The key to seal with now. Nil if OpenSSL has no random numbers.
    func sealingKey(at now: Int64) -> Key? {
        self.ring.withLock { ring in
            Self.turn(&ring, now, self.lifetime)
            if ring.newest == nil { ring.newest = self.makeKey(at: now) }
            return ring.newest
        }
    }

    /// The key of this name, and whether it is the newest. Nil if there is none, or no more.
    func openingKey(_ name: some Collection<UInt8>, at now: Int64) -> (key: Key, isNewest: Bool)? {
        let (newest, former) = self.ring.withLock { ring in
            Self.turn(&ring, now, self.lifetime)
            return (ring.newest, ring.former)
        }
        if let newest, newest.name.elementsEqual(name) { return (newest, true) }
        if let former, former.name.elementsEqual(name) { return (former, false) }
        return nil
    }

    /// Retires what is too old; a clock that was set back retires everything.
    private static func turn(_ ring: inout Ring, _ now: Int64, _ lifetime: Int64) {
        if let newest = ring.newest, now - newest.madeAt >= lifetime || now < newest.madeAt {
            ring.former = now - newest.madeAt < 2 * lifetime && now >= newest.madeAt ? newest : nil
            ring.newest = nil
        }
        if let former = ring.former, now - former.madeAt >= 2 * lifetime || now < former.madeAt { ring.former = nil }
    }

    private func makeKey(at now: Int64) -> Key? {
        var name = [UInt8](repeating: 0, count: Int(COpenSSL_ticketNameLength))
        guard RAND_bytes_ex(self.library?.pointer, &name, name.count, 0) == 1,
            let secret = Secret(in: self.library)
        else { return nil }
        return Key(name: name, secret: secret, madeAt: now)
    }
}
