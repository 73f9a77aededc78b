/// Until when a session may be resumed: what resuming does not look at again.
///
/// Times are seconds since 1970. It travels inside a server's tickets, sealed, as two numbers of 8 bytes.
struct ResumptionTerms: Equatable {
    /// When the full handshake was, from which the session and all sessions resumed from it come.
    var authenticatedAt: Int64
    /// When the first certificate of the chain that was verified then expires.
    var certificatesExpireAt: Int64

    func allowResuming(at now: Int64, lifetime: Int64) -> Bool {
        // A clock that was set back is no reason to trust for longer.
        now >= self.authenticatedAt && now - self.authenticatedAt < lifetime && now < self.certificatesExpireAt
    }
}

extension ResumptionTerms {
    static let encodedCount = 16

    var encoded: [UInt8] {
        [self.authenticatedAt, self.certificatesExpireAt].flatMap { number in
            withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
    }

    /// Nil unless it is exactly what ``encoded`` makes.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.encodedCount else { return nil }
        self.authenticatedAt = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: Int64.self))
        self.certificatesExpireAt = Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self))
        guard self.authenticatedAt >= 0 else { return nil }
    }
}
