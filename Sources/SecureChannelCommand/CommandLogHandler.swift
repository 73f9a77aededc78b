internal import Logging

/// Writes to standard error, and names options where the library names its parameters.
struct CommandLogHandler: LogHandler {
    private var handler: StreamLogHandler

    init(label: String) { handler = StreamLogHandler.standardError(label: label) }

    var logLevel: Logger.Level {
        get { handler.logLevel }
        set { handler.logLevel = newValue }
    }

    var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    var metadataProvider: Logger.MetadataProvider? {
        get { handler.metadataProvider }
        set { handler.metadataProvider = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) {
        var event = event
        event.message = "\(CommandWords.text("\(event.message)"))"
        event.metadata = event.metadata?.mapValues { value in
            switch value {
            case .string(let text): .string(CommandWords.text(text))
            case .stringConvertible(let value): .string(CommandWords.text("\(value)"))
            default: value
            }
        }
        handler.log(event: event)
    }
}
