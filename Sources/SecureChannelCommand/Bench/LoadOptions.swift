internal import ArgumentParser
internal import Foundation
internal import SecureChannel

/// What `bench` sends, how much of it and for how long: options on one side, a ``Load`` on the other.
struct LoadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How many bytes of binary content each request has. (default: 64)", valueName: "bytes"))
    var size: Int?

    @Option(
        help: ArgumentHelp(
            "What to send instead: any JSON value, for a server's own handlers. Quote it for your shell.",
            valueName: "json"
        )
    )
    var content: String?

    @Option(
        help: ArgumentHelp(
            """
            How many requests each connection has without a reply; with --rate, how many at most. (default: 1; 64 with \
            --rate)
            """,
            valueName: "n"
        )
    )
    var inFlight: Int?

    @Option(help: ArgumentHelp("How many connections to open.", valueName: "n"))
    var connections = 1

    @Option(
        help: ArgumentHelp(
            "End after so many requests, over all connections. (default: no limit)",
            valueName: "n"
        )
    )
    var requests: Int?

    @Option(
        help: ArgumentHelp(
            """
            End after so long: 10s, 500ms, 2m or 1h. With --requests, too, whichever comes first. (default: 10s without \
            --requests)
            """,
            valueName: "time"
        )
    )
    var duration: TimeSpan?

    @Option(
        help: ArgumentHelp(
            "How long to send before it counts. (default: 500ms; 0 with --requests, which then are all there are)",
            valueName: "time"
        )
    )
    var warmUp: TimeSpan?

    @Option(
        help: ArgumentHelp(
            """
            Send so many requests a second, over all connections, whether or not the replies come, and count latency \
            from when each was due. (default: as soon as there is a reply)
            """,
            valueName: "calls-per-second"
        )
    )
    var rate: Double?

    @Option(
        help: ArgumentHelp(
            "How many event loops the connections share. (default: one each, as many as there are processors at most)",
            valueName: "n"
        )
    )
    var threads: Int?

    func validate() throws {
        if size != nil, content != nil { throw ValidationError("--size and --content exclude one another.") }
        try check("--size", size, 0...1_000_000_000)
        try check("--in-flight", inFlight, 1...65_536)
        try check("--connections", connections, 1...65_536)
        try check("--in-flight times --connections", inFlightOrDefault * connections, 1...Self.mostInFlight)
        // No overflow: none of the factors is larger than it may be.
        let bytes = (size ?? content?.utf8.count ?? Self.size) * inFlightOrDefault * connections
        let what = content == nil ? "--size" : "--content's size"
        try check("\(what) times --in-flight times --connections", bytes, 0...Self.mostBytesInFlight)
        try check("--requests", requests, 1...1_000_000_000_000)
        try check("--threads", threads, 1...1024)
        if let duration, duration.duration == .zero {
            throw ValidationError("--duration must be longer than nothing.")
        }
        if let rate, !(0.001...1e7).contains(rate) {
            throw ValidationError("--rate is \(rate), and must be from 0.001 to 10,000,000.")
        }
        if let content { _ = try Value(argument: content) }
    }

    /// An open loop is none if it waits for replies, so with a rate there is room for some. `connections` must be checked.
    private var inFlightOrDefault: Int {
        inFlight ?? (rate == nil ? 1 : min(64, Self.mostInFlight / connections))
    }

    private func check(_ name: String, _ number: Int?, _ range: ClosedRange<Int>) throws(ValidationError) {
        guard let number, !range.contains(number) else { return }
        throw ValidationError(
            """
            \(name) is \(Quantity.count(number)), and must be from \(range.lowerBound) to \
            \(Quantity.count(range.upperBound)).
            """
        )
    }

    /// Each is a task, which takes one or two kilobytes.
    private static let mostInFlight = 262_144
    private static let mostBytesInFlight = 4 << 30
}

// MARK: What they mean

extension LoadOptions {
    /// - Throws: an `EncodingError` when the content cannot be written in the codec.
    func load(in codec: some Codec) throws -> Load {
        let content = try content.map { try Value(argument: $0) }
        let size = size ?? Self.size
        return Load(
            content: content ?? .binary([UInt8](repeating: UInt8(ascii: "x"), count: size)),
            contentSize: try content.map { try encodedSize(of: $0, in: codec) } ?? size,
            connections: connections,
            inFlight: inFlightOrDefault,
            rate: rate,
            threads: min(connections, threads ?? ProcessInfo.processInfo.activeProcessorCount),
            warmUp: warmUp?.duration ?? (requests == nil ? Self.warmUp : .zero),
            limit: LoadLimit(
                requests: requests,
                duration: duration?.duration ?? (requests == nil ? Self.duration : nil)
            )
        )
    }

    private func encodedSize(of content: Value, in codec: some Codec) throws -> Int {
        var writer = MessageWriter()
        try codec.encode(content, into: &writer)
        return writer.count
    }

    private static let size = 64
    private static let duration = Duration.seconds(10)
    private static let warmUp = Duration.milliseconds(500)
}
