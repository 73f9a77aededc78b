/// What has become of all visits.
struct Tally: Sendable {
    /// How many visits of each kind ended as they should.
    var visits: [Visit: Int] = [:]
    /// How many of them resumed a session.
    var resumed = 0
    /// What happened that should not have.
    var faults: [String] = []

    /// How many visits ended as they should.
    var count: Int { visits.values.reduce(0, +) }

    mutating func add(_ other: Tally) {
        visits.merge(other.visits, uniquingKeysWith: +)
        resumed += other.resumed
        faults += other.faults
    }
}

/// A visit that did not end as it should.
struct Unexpected: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
