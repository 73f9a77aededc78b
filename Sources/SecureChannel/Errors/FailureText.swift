#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
internal import OpenSSLTransport

/// What the other side is told about an error of a handler: what its owner wrote for others to read, never what it stores.
enum FailureText {
    static func of(_ error: any Error) -> String {
        PeerText.clean(text(error), limit: RemoteError.maximumMessageLength, keepingLines: true)
    }

    /// The same for our own log, which also gets address, phase and hint of our errors, and the file of Foundation's.
    static func forLog(_ error: any Error) -> String {
        let text =
            switch error {
            case let error as ChannelError: error.description
            case let error as TLSError: error.description
            case let error as RemoteError: error.description
            case let error as CocoaError: text(error) + (error.userInfo["NSFilePath"].map { " (\($0))" } ?? "")
            default: text(error)
            }
        return PeerText.clean(text, limit: 2000)
    }

    private static func text(_ error: any Error) -> String {
        switch error {
        case is CancellationError:
            return "The request was cancelled."
        // Their words have addresses, paths and what other peers said in them.
        case let error as ChannelError:
            return "ChannelError.\(error.code.rawValue)"
        case let error as TLSError:
            return "TLSError.\(caseName(error.cause))"
        case is RemoteError:
            return "RemoteError"
        // They repeat the value that they are about.
        case is DecodingError, is EncodingError:
            return ProgramErrorText.name(of: error)
        default:
            if let text = FoundationErrorText.of(error) { return text }
            if let text = (error as? any LocalizedError)?.errorDescription { return text }
            return ProgramErrorText.of(error)
        }
    }

    private static func caseName(_ cause: TLSError.Cause) -> String {
        Mirror(reflecting: cause).children.first?.label ?? "\(cause)"
    }
}
