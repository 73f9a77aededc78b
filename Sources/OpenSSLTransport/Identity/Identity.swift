extension TLSConfiguration {
    /// One more certificate of ours, with its key, beside the configuration's own.
    public struct Identity: Sendable {
        var certificate: CertificateChain
        var privateKey: PrivateKey?
        var passphrase: String?
        var serverNames: [String]?
        var ocspResponse: OCSPResponse?

        /// - Parameters:
        ///   - certificate: The certificate, then the intermediate ones in the order of signing.
        ///   - privateKey: Its key; may be left out if the certificate's source has it too.
        ///   - passphrase: Opens an encrypted private key, as the configuration's own.
        ///   - serverNames: For which names a server shows it: DNS names, where `*.` stands for one label in front. By default
        ///     those that the certificate itself is for.
        ///   - ocspResponse: What is sent along with it.
        public init(
            certificate: CertificateChain,
            privateKey: PrivateKey? = nil,
            passphrase: String? = nil,
            serverNames: [String]? = nil,
            ocspResponse: OCSPResponse? = nil
        ) {
            self.certificate = certificate
            self.privateKey = privateKey
            self.passphrase = passphrase
            self.serverNames = serverNames
            self.ocspResponse = ocspResponse
        }
    }

    /// What a server does about a client that asks for a name (SNI, RFC 6066 section 3) which no certificate of its is for.
    public enum UnknownServerNames: String, Sendable {
        /// It shows the configuration's own certificate, and leaves it to the client.
        case accepted
        /// It refuses, with the alert for that. A client that asks for no name, since it dials an IP address, is let in.
        case refused
    }
}

extension TLSConfiguration.Settings {
    /// The configuration's own.
    var identity: TLSConfiguration.Identity? {
        self.certificate.map {
            TLSConfiguration.Identity(
                certificate: $0,
                privateKey: self.privateKey,
                passphrase: self.passphrase,
                ocspResponse: self.ocspResponse
            )
        }
    }

    /// All that are given as text or, of the configuration's own, were read of their file.
    var passphrases: [String] {
        var passphrases = [self.passphrase]
        for identity in self.identities {
            passphrases += [identity.passphrase, identity.certificate.passphrase, identity.privateKey?.passphrase]
        }
        for case .credential(_, let passphrase) in self.trustRoots?.sources ?? [] { passphrases.append(passphrase) }
        return passphrases.compactMap { $0 }
    }

    /// The configuration's own, if it has one, and the others.
    var identities: [TLSConfiguration.Identity] { (self.identity.map { [$0] } ?? []) + self.otherIdentities }
}

// Its passphrase does not belong in logs.

extension TLSConfiguration.Identity: CustomStringConvertible, CustomReflectable {
    public var description: String {
        (["\(self.certificate)"] + [self.privateKey.map { "\($0)" }].compactMap { $0 }).joined(separator: ", ")
    }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
