public import ArgumentParser

/// What every load generator is told.
public struct LoadOptions: ParsableArguments {
    @Option(help: "The server's port on this machine.") public var port: UInt16
    @Option(help: "The authority's certificates, PEM.") public var trustRoots: String
    @Option(help: "A client's certificate, PEM, for a server that asks for one.") public var certificate: String?
    @Option(help: "Its key, PEM.") public var privateKey: String?
    @Option(help: "Bytes of content in each request.") public var size: Int
    @Option(help: "Requests in flight on each connection.") public var inFlight: Int
    @Option(help: "Connections.") public var connections: Int
    @Option(help: "How long to measure.") public var seconds: Double
    @Option(help: "How long to run before that.") public var warmUp = 0.3
    @Option(help: "What requests hold.") public var content = ContentKind.bytes

    public init() {}

    /// What a request may hold at most, so that it fits into a frame of 64 MiB.
    public static let sizeLimit = (64 << 20) - 64

    public func validate() throws {
        guard port > 0 else { throw ValidationError("--port must be the one of a server.") }
        guard (0...Self.sizeLimit).contains(size) else {
            throw ValidationError("--size must be 0 to \(Self.sizeLimit).")
        }
        guard (1...100_000).contains(inFlight), (1...100_000).contains(connections) else {
            throw ValidationError("--in-flight and --connections must be 1 to 100000.")
        }
        guard seconds > 0, seconds <= 100_000, warmUp >= 0, warmUp <= 100_000 else {
            throw ValidationError("--seconds must be above 0, --warm-up no less, and both at most 100000.")
        }
        guard (certificate == nil) == (privateKey == nil) else {
            throw ValidationError("--certificate and --private-key belong together.")
        }
    }

    /// The content of every request: not all the same bytes, so that a mix-up would show.
    public var requestContent: [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: $0) } }
}
