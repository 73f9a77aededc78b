extension TLSConfiguration.Settings {
    /// Whether the private key comes from a store that is more than a file, and so may sign by itself.
    var keyIsInStore: Bool {
        guard case .store(let uri)? = (self.privateKey?.source ?? self.certificate?.source) else { return false }
        return uri.path == nil
    }
}
