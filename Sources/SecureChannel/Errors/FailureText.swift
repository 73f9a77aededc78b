/// What the other side is told about an error of a handler: what the error says of itself, never what it stores.
enum FailureText {
    static func of(_ error: any Error) -> String {
        let text =
            switch error {
            case is CancellationError: "The request was cancelled."
            case let error as ChannelError: error.message
            case let error as any CustomStringConvertible: error.description
            default: name(of: error)
            }
        return PeerText.clean(text, limit: RemoteError.maximumMessageLength, keepingLines: true)
    }

    /// The same for our own log, which also gets address, phase and hint of our errors.
    static func forLog(_ error: any Error) -> String {
        PeerText.clean((error as? ChannelError)?.description ?? of(error), limit: 2000)
    }

    /// The type's name and, of an enum, the case's: no stored value.
    private static func name(of error: any Error) -> String {
        let mirror = Mirror(reflecting: error)
        let type = "\(type(of: error))"
        guard mirror.displayStyle == .enum else { return type }
        if let label = mirror.children.first?.label { return "\(type).\(label)" }
        return mirror.children.isEmpty ? "\(type).\(error)" : type
    }
}
