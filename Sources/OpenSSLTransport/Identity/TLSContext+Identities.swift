internal import COpenSSL

// Which certificates of ours a context has.

extension TLSContext {
    /// - Returns: all of them, the configuration's own first; none for a client that has none.
    func loadIdentities() throws(TLSError) -> [LoadedIdentity] {
        guard let own = self.settings.identity else {
            try self.checkLackOfCertificate()
            return []
        }
        var identities = [try IdentityReader(context: self, identity: own).read()]
        for other in self.settings.otherIdentities {
            try self.checkNames(other)
            identities.append(try IdentityReader(context: self, identity: other).read())
        }
        try self.checkAmbiguity(identities)
        // Those for the same names as the configuration's own are chosen among by OpenSSL, by what the peer can verify; so are a
        // client's, which has nothing else to choose by. Its own comes last, and so is the current one.
        let alike = self.role == .client ? identities : identities.filter { Set($0.names) == Set(identities[0].names) }
        for identity in alike.reversed() where !identity.use(in: self.pointer) {
            throw self.invalid("OpenSSL takes a certificate no more", codes: OpenSSLErrorQueue.drain())
        }
        let refusesOthers = self.settings.unknownServerNames == .refused
        guard self.role == .server, alike.count < identities.count || refusesOthers else { return identities }
        guard IdentityChoice(identities, refusesOthers: refusesOthers).attach(to: self.pointer) else {
            throw self.invalid("OpenSSL has no memory left", codes: OpenSSLErrorQueue.drain())
        }
        return identities
    }

    private func checkLackOfCertificate() throws(TLSError) {
        if self.settings.privateKey != nil || !self.settings.otherIdentities.isEmpty {
            throw TLSError.configuration(
                .certificateMissing,
                self.role,
                self.settings.privateKey != nil
                    ? "a private key is given, but no certificate" : "otherIdentities are given, but no certificate",
                hint: self.settings.privateKey != nil
                    ? "Give the key's certificate too." : "Give the one that is shown by default as certificate."
            )
        }
        if self.role == .server {
            throw TLSError.configuration(
                .certificateMissing,
                self.role,
                "a server needs a certificate, and none is given",
                hint: "Give certificate and privateKey; 'securechannel certificates DIRECTORY' makes a set for tests."
            )
        }
    }

    private func checkNames(_ identity: TLSConfiguration.Identity) throws(TLSError) {
        for name in identity.serverNames ?? [] {
            let host = name.hasPrefix("*.") ? String(name.dropFirst(2)) : name
            do throws(PeerName.Fault) {
                guard case .dns = try PeerName(host) else {
                    throw PeerName.Fault("is an IP address, for which no client asks")
                }
            } catch {
                throw self.invalid(
                    "the server's name '\(EscapedText(name))' of an identity \(error.reason)",
                    hint: "Give DNS names; '*.' at the beginning stands for one label."
                )
            }
        }
    }

    /// A certificate that would never be shown is a mistake that nobody would see.
    private func checkAmbiguity(_ identities: [LoadedIdentity]) throws(TLSError) {
        for (index, identity) in identities.enumerated() {
            let rivals = identities.prefix(index).filter { $0.keyKind == identity.keyKind }
            let isAmbiguous =
                self.role == .client
                ? !rivals.isEmpty : rivals.contains { Set($0.names).isSuperset(of: identity.names) }
            if self.role == .server, identity.names.isEmpty, index > 0, !identities[0].names.isEmpty {
                throw self.invalid(
                    "the identity \(index) of otherIdentities can never be shown: its certificate is for no DNS name",
                    hint: "Give it serverNames."
                )
            }
            guard isAmbiguous else { continue }
            let names = identity.names.prefix(4).map { "'\(EscapedText($0))'" }.joined(separator: ", ")
            throw self.invalid(
                "the identity \(index) of otherIdentities can never be shown: one before it has a key of the same kind "
                    + "(\(identity.keyKind))" + (self.role == .client ? "" : ", and all its names (\(names))"),
                hint: self.role == .client
                    ? "A client chooses among its certificates by the kind of the key alone."
                    : "Give each certificate names of its own, or a key of another kind."
            )
        }
    }
}
