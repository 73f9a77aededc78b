/// Why a certificate, a key or a file of the test set could not be made.
public struct CertificateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong and with what, in a sentence.
    public var message: String
    /// OpenSSL's own texts, oldest first; empty where OpenSSL had no part in it.
    public var openSSLErrors: [String]

    public init(_ message: String, openSSLErrors: [String] = []) {
        self.message = message
        self.openSSLErrors = openSSLErrors
    }

    public var description: String {
        openSSLErrors.isEmpty ? message : "\(message) (\(openSSLErrors.joined(separator: "; ")))"
    }
}
