internal import Synchronization

extension TLSConfiguration {
    /// What a reload has changed.
    public struct Reload: Sendable, Hashable {
        /// There is another certificate or chain of our own.
        public var changesCertificate = false
        /// Other certificates are trusted, or other ones revoked.
        public var changesTrust = false
        /// Another OCSP response is sent along with our certificate.
        public var changesOCSPResponse = false
        /// SHA-256 of our own certificate in DER, as it is used from now on; nil without one.
        public var certificateFingerprint: [UInt8]?

        /// Whether anything is different at all.
        public var isChange: Bool { self.changesCertificate || self.changesTrust || self.changesOCSPResponse }
    }

    /// Reads the files and stores of certificates, key, trust roots, revocation lists and OCSP response again, and uses them
    /// for all handshakes that begin from then on.
    ///
    /// Everything is read and checked before anything is replaced, and all of it is replaced together; after an error all
    /// stays as it was. Open connections go on with what they were made with, and no session from before a change is
    /// resumed after it. A role that the configuration was not used in yet has nothing to reload.
    ///
    /// Blocks on files: call it outside an event loop.
    /// - Throws: ``TLSError`` in phase ``TLSError/Phase/configuration``.
    @discardableResult
    public func reload() throws(TLSError) -> Reload {
        try self.exchange { $0 }
    }

    /// Uses another certificate, key, trust roots and revocation lists for all handshakes that begin from then on; like ``reload()`` in all
    /// else. What is left out stays as it is.
    @discardableResult
    public func replace(
        certificate: CertificateChain? = nil,
        privateKey: PrivateKey? = nil,
        passphrase: String? = nil,
        trustRoots: TrustRoots? = nil,
        revocationLists: RevocationLists? = nil,
        ocspResponse: OCSPResponse? = nil
    ) throws(TLSError) -> Reload {
        try self.exchange { old in
            var settings = old
            if let certificate {
                // Its key comes with it, or stands in the same file: the old one cannot fit.
                settings.certificate = certificate
                settings.privateKey = privateKey
                settings.passphrase = passphrase
                settings.ocspResponse = nil
            } else if let privateKey {
                settings.privateKey = privateKey
                settings.passphrase = passphrase
            }
            if let trustRoots { settings.trustRoots = trustRoots }
            if let ocspResponse { settings.ocspResponse = ocspResponse }
            if let revocationLists { settings.revocationLists = revocationLists }
            return settings
        }
    }

    private func exchange(_ change: (Settings) -> Settings) throws(TLSError) -> Reload {
        try self.storage.reloading.withLock { (_) throws(TLSError) -> Reload in
            let (settings, former) = self.storage.state.withLock { (change($0.settings), $0.contexts) }
            var reload = Reload()
            var contexts: [TLSRole: TLSContext] = [:]
            var staples: [TLSRole: [[UInt8]: Staple]] = [:]
            for (role, old) in former {
                let new = try TLSContext(settings, role: role)
                let (before, after) = (ContextMaterial(old), ContextMaterial(new))
                reload.changesCertificate = reload.changesCertificate || before.own != after.own
                reload.changesTrust = reload.changesTrust || before.trusted != after.trusted
                reload.certificateFingerprint = after.own.first ?? reload.certificateFingerprint
                reload.changesOCSPResponse = reload.changesOCSPResponse || old.staples.all != new.staples.all
                // An equal one would only forget the sessions that may be resumed; but a key in a store may have been opened
                // anew because the old way to it is gone.
                let staysSame = before == after && !new.handshakeMayBlock
                contexts[role] = staysSame ? old : new
                if staysSame { staples[role] = new.staples.all }
            }
            self.storage.state.withLock { state in
                for (role, staples) in staples { former[role]?.staples.all = staples }
                state.settings = settings
                // A role that was used for the first time meanwhile was built of the old settings: it is built again.
                state.contexts = contexts
            }
            return reload
        }
    }
}
