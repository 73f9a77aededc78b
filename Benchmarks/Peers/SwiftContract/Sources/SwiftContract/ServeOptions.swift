public import ArgumentParser
internal import Foundation

/// What every echo server is told.
public struct ServeOptions: ParsableArguments {
    @Option(help: "The port on this machine; 0 for any.") public var port: UInt16
    @Option(help: "The server's certificate, PEM.") public var certificate: String
    @Option(help: "Its key, PEM.") public var privateKey: String
    @Option(help: "Whom clients' certificates must be signed by, PEM; none are asked for without.")
    public var trustRoots: String?
    @Option(help: "What requests hold.") public var content = ContentKind.bytes

    public init() {}
}

/// What the content of a request is; another kind than these is only for our own programs.
public enum ContentKind: String, ExpressibleByArgument, CaseIterable, Sendable {
    case bytes
}

/// Lets SIGTERM end the program with status 0 from now on.
public func exitOnTermination() {
    // Nothing is buffered that would have to be written, and _exit may be called by a signal's handler.
    signal(SIGTERM) { _ in _exit(0) }
}

/// Says that the server is ready.
public func announce(port: Int) throws {
    try FileHandle.standardOutput.write(contentsOf: Data("listening \(port)\n".utf8))
}
