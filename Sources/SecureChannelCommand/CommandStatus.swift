internal import ArgumentParser
internal import SecureChannel
internal import TestCertificates

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// How the command ends, for scripts to decide by.
enum CommandStatus: Int32, CaseIterable {
    case success = 0
    /// The other side received the request and failed it.
    case remoteFailure = 1
    /// The command line: an option, an address or JSON that cannot be understood, files that cannot be written.
    case usage = 2
    /// No connection, or one that broke; whatever took too long; standard output that cannot be written.
    case connection = 3
    /// A configuration of TLS that cannot work, or a handshake that came to nothing.
    case tls = 4

    static let help = """
        Exit status: 0 replied, 1 the other side failed the request, 2 usage, 3 could not connect, the line broke or it \
        took too long, 4 TLS: a configuration that cannot work, a handshake refused by either side, or a peer that does \
        not speak TLS.
        """

    init(_ error: any Error) {
        self =
            switch error {
            case is RemoteError: .remoteFailure
            case let error as ChannelError: CommandStatus(error)
            case let error as TLSError: CommandStatus(error)
            case is CertificateError: .usage
            case is SystemError, is CancellationError: .connection
            default: Self(parserError: error)
            }
    }

    private init(_ error: ChannelError) {
        if let cause = error.cause as? TLSError {
            self.init(cause)
            return
        }
        self =
            switch error.code {
            case .tlsFailed: .tls
            // Our own request cannot be sent as it is.
            case .invalidConfiguration, .encodingFailed, .messageTooLarge: .usage
            default: .connection
            }
    }

    /// TLS is refused while it is set up; what breaks later is the line. With TLS 1.3 a server refuses a client's
    /// certificate after the client's own handshake is done, so an alert is a refusal at any time (RFC 8446, section 4.4.2.4).
    private init(_ error: TLSError) {
        switch (error.cause, error.phase) {
        case (.handshakeTimedOut, _): self = .connection
        case (_, .configuration), (_, .handshake): self = .tls
        case (.certificateRejectedByPeer, _), (.clientCertificateRequired, _), (.alertReceived, _): self = .tls
        default: self = .connection
        }
    }

    func exitProcess() -> Never {
        exit(rawValue)
    }

    /// The parser ends `--help` and `--version` by an error, too, and uses sysexits(3) for the rest.
    private init(parserError error: any Error) {
        self = SecureChannelCommand.exitCode(for: error) == .success ? .success : .usage
    }
}
