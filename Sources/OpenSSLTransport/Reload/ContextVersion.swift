/// What a context has in common with its predecessor, where a reload has not changed it: connections that were made with one
/// need nothing new of the other.
struct ContextVersion {
    /// Counts by its identity.
    final class Mark: Sendable {}

    /// Of certificates, trust and revocation lists together.
    var material = Mark()
    /// Of trust and revocation lists: whoever was verified by one need not be verified by the other.
    var trust = Mark()
}
