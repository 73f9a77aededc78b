/// What a context has in common with its predecessor if a reload has changed nobody's trust: whoever was verified by one
/// need not be verified by the other. Counts by identity.
final class TrustVersion: Sendable {}
