internal import SecureChannel

extension Examination {
    /// Whether a server whose certificates verify would do so with `--strict`; nil if that could not be found out.
    ///
    /// A connection of its own: where the certificates do not verify, it ends before ours is shown.
    func strictVerification() async -> Diagnosis.StrictVerification? {
        if options.checks.strict { return .passed }
        guard let target = try? options.address(address, handshakeTimeout: timeout, isStrict: true) else { return nil }
        do {
            _ = try await inspectTLS(
                target,
                patience: .zero,
                configuration: ChannelConfiguration(connectTimeout: timeout)
            )
            return .passed
        } catch let error as ChannelError {
            guard let cause = error.cause as? TLSError, cause.verification != nil else { return nil }
            return .failed(cause.message)
        } catch {
            return nil
        }
    }
}

extension Diagnosis {
    /// What `--strict` makes of the server's certificates.
    enum StrictVerification {
        case passed
        /// And why, in a sentence.
        case failed(String)
    }

    var isStrict: Bool? {
        switch strictVerification {
        case .passed?: true
        case .failed?: false
        case nil: nil
        }
    }

    var strictFault: String? {
        if case .failed(let sentence)? = strictVerification { sentence } else { nil }
    }

    var strictText: String {
        switch strictVerification {
        case .passed?: "the certificates are as RFC 5280 wants them"
        case .failed(let sentence)?: "with --strict a channel would not work: \(sentence)"
        case nil: "not tried"
        }
    }
}
