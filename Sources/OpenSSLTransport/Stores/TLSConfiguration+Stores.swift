extension TLSConfiguration.Settings {
    /// Whether a private key comes from a store that is more than a file, and so may sign by itself.
    var keyIsInStore: Bool {
        self.identities.contains { identity in
            guard case .store(let uri) = identity.privateKey?.source ?? identity.certificate.source else {
                return false
            }
            return uri.path == nil
        }
    }
}
