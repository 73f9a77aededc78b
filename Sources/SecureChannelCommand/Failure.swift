internal import ArgumentParser
internal import SecureChannel
internal import TestCertificates

/// What a person reads when the command fails: one paragraph, in the error's own words, but with options for parameters.
enum Failure {
    static func text(_ error: any Error) -> String {
        switch error {
        case is RemoteError, is ChannelError, is TLSError, is CertificateError, is SystemError:
            return CommandWords.text("\(error)")
        default:
            // The parser's own, with the usage below.
            let message = SecureChannelCommand.fullMessage(for: error)
            return message.hasPrefix("Error: ") ? String(message.dropFirst("Error: ".count)) : message
        }
    }
}
