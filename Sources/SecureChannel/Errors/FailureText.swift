internal import OpenSSLTransport

/// What the other side is told about an error of a handler: what the error says of itself, never what it stores.
enum FailureText {
    static func of(_ error: any Error) -> String {
        let text =
            switch error {
            case is CancellationError: "The request was cancelled."
            case let error as ChannelError: error.message
            default: ProgramErrorText.of(error)
            }
        return PeerText.clean(text, limit: RemoteError.maximumMessageLength, keepingLines: true)
    }

    /// The same for our own log, which also gets address, phase and hint of our errors.
    static func forLog(_ error: any Error) -> String {
        PeerText.clean((error as? ChannelError)?.description ?? of(error), limit: 2000)
    }
}
