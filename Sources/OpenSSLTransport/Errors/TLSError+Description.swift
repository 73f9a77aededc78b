extension TLSError: CustomStringConvertible {
    /// One paragraph: what happened, as what and with whom, in which phase, what to do, and OpenSSL's own words.
    public var description: String {
        var text = "TLS \(self.phase.text)"
        if let role = self.role { text += " as \(role)" }
        if let peerAddress = self.peerAddress { text += " with \(EscapedText(peerAddress))" }
        text += ": \(self.message)."
        if !self.hint.isEmpty { text += " \(self.hint)" }
        if !self.hint.isEmpty, self.hint.last?.isPunctuation != true { text += "." }
        if let alert = self.alertSent { text += " [sent \(alert)]" }
        let words = self.openSSLErrors.map(\.description) + (self.verification.map { ["\($0)"] } ?? [])
        if !words.isEmpty { text += " [OpenSSL: \(words.joined(separator: "; "))]" }
        return text
    }
}

extension TLSError.Phase {
    fileprivate var text: String {
        switch self {
        case .configuration: "configuration"
        case .handshake: "handshake"
        case .established: "connection"
        case .closing: "close"
        }
    }
}
