internal import Synchronization

extension TLSConfiguration {
    /// What a reload has changed.
    public struct Reload: Sendable, Hashable {
        /// There is another certificate or chain of our own.
        public var changesCertificate = false
        /// Other certificates are trusted, or other ones revoked.
        public var changesTrust = false
        /// Which certificates are trusted, and which revocation lists count, that were not before: one line each, in no
        /// particular order, of what they say of themselves.
        public var addedTrust: [String] = []
        /// Which no longer are, or do.
        public var removedTrust: [String] = []
        /// Another OCSP response is sent along with our certificate.
        public var changesOCSPResponse = false
        /// SHA-256 of our own certificate in DER, as it is used from now on; nil without one.
        public var certificateFingerprint: [UInt8]?

        /// Whether anything is different at all.
        public var isChange: Bool { self.changesCertificate || self.changesTrust || self.changesOCSPResponse }
    }

    /// Reads the files and stores of certificates, key, passphrase, trust roots, revocation lists and OCSP response again, and uses them
    /// for all handshakes that begin from then on.
    ///
    /// Everything is read and checked before anything is replaced, and all of it is replaced together; after an error all
    /// stays as it was. Open connections go on with what they were made with (``observeReloads(_:)`` is for whoever wants
    /// otherwise), and no session from before a change is resumed after it. A role that the configuration was not used in yet
    /// has nothing to reload.
    ///
    /// Blocks on files: call it outside an event loop.
    /// - Throws: ``TLSError`` in phase ``TLSError/Phase/configuration``.
    @discardableResult
    public func reload() throws(TLSError) -> Reload {
        try self.exchange { $0 }
    }

    /// Uses another certificate, key, trust roots, revocation lists and so on for all handshakes that begin from then on; like
    /// ``reload()`` in all else.
    ///
    /// What is left out stays as it is, but for what belongs together: a certificate comes with its key (as `privateKey`, or
    /// in the same file) and with its OCSP response, if it has one, and a key with its passphrase.
    @discardableResult
    public func replace(
        certificate: CertificateChain? = nil,
        privateKey: PrivateKey? = nil,
        passphrase: String? = nil,
        trustRoots: TrustRoots? = nil,
        revocationLists: RevocationLists? = nil,
        ocspResponse: OCSPResponse? = nil,
        otherIdentities: [Identity]? = nil
    ) throws(TLSError) -> Reload {
        try self.exchange { old in
            var settings = old
            if let certificate {
                // Its key comes with it, or stands in the same file: no old one is taken in silence.
                settings.certificate = certificate
                settings.privateKey = privateKey
                settings.passphrase = passphrase
                settings.passphraseFile = nil
                settings.ocspResponse = nil
            } else if let privateKey {
                settings.privateKey = privateKey
                settings.passphrase = passphrase
                settings.passphraseFile = nil
            } else if let passphrase {
                settings.passphrase = passphrase
                settings.passphraseFile = nil
            }
            if let trustRoots { settings.trustRoots = trustRoots }
            if let otherIdentities { settings.otherIdentities = otherIdentities }
            if let ocspResponse { settings.ocspResponse = ocspResponse }
            if let revocationLists { settings.revocationLists = revocationLists }
            return settings
        }
    }

    private func exchange(_ change: (Settings) -> Settings) throws(TLSError) -> Reload {
        let reload = try self.loading.withLock { (_) throws(TLSError) -> Reload in
            let settings = self.state.withLock { change($0.settings) }
            var reload = Reload()
            var contexts: [TLSRole: TLSContext] = [:]
            var staples: [TLSRole: [[UInt8]: Staple]] = [:]
            // No role can be used for the first time meanwhile: that takes the same lock.
            for (role, old) in self.state.withLock({ $0.contexts }) {
                let new = try TLSContext(settings, role: role)
                let (before, after) = (ContextMaterial(old), ContextMaterial(new))
                reload.changesCertificate =
                    reload.changesCertificate || before.own != after.own || before.names != after.names
                reload.changesTrust = reload.changesTrust || before.trust != after.trust
                let (added, removed) = after.trust.changes(since: before.trust)
                reload.addedTrust += added.filter { !reload.addedTrust.contains($0) }
                reload.removedTrust += removed.filter { !reload.removedTrust.contains($0) }
                reload.certificateFingerprint = after.own.first ?? reload.certificateFingerprint
                reload.changesOCSPResponse = reload.changesOCSPResponse || old.staples.all != new.staples.all
                let version = old.version.withLock { $0 }
                if before == after { new.version.withLock { $0 = version } }
                if before.trust == after.trust { new.version.withLock { $0.trust = version.trust } }
                // An equal one would only forget the sessions that may be resumed; but a key in a store may have been
                // opened anew because the old way to it is gone.
                let staysSame = before == after && !new.handshakeMayBlock
                contexts[role] = staysSame ? old : new
                if staysSame { staples[role] = new.staples.all }
            }
            self.use(settings, contexts, staples)
            return reload
        }
        if reload.isChange { self.observers.notify(reload) }
        return reload
    }

    private func use(
        _ settings: Settings,
        _ contexts: [TLSRole: TLSContext],
        _ staples: [TLSRole: [[UInt8]: Staple]]
    ) {
        // The old ones are freed outside the lock.
        let old = self.state.withLock { state in
            for (role, staples) in staples { contexts[role]?.staples.all = staples }
            defer { state = State(settings: settings, contexts: contexts) }
            return state
        }
        withExtendedLifetime(old) {}
    }
}

extension TLSConfiguration.Reload: CustomStringConvertible {
    /// For example: changed: certificate, trust; the certificate's SHA-256 is 9cf4…
    public var description: String {
        let changes = [
            (self.changesCertificate, "certificate"), (self.changesTrust, "trust"),
            (self.changesOCSPResponse, "OCSP response"),
        ]
        let trust =
            Self.list("trusted from now on", self.addedTrust) + Self.list("no longer trusted", self.removedTrust)
        let list = changes.filter(\.0).map(\.1).joined(separator: ", ")
        let fingerprint = self.certificateFingerprint.map {
            "; the certificate's SHA-256 is \(X509Text.hexadecimal($0))"
        }
        return (list.isEmpty ? "nothing has changed" : "changed: \(list)") + trust + (fingerprint ?? "")
    }

    private static func list(_ title: String, _ names: [String]) -> String {
        guard !names.isEmpty else { return "" }
        let more = names.count > 8 ? " and \(names.count - 8) more" : ""
        return "; \(title): " + names.prefix(8).joined(separator: ", ") + more
    }
}
