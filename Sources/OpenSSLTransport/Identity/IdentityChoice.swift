internal import COpenSSL

/// Which certificates a server shows for which name. The SSL_CTX owns it, and holds those for all other names itself.
final class IdentityChoice: Sendable {
    /// As they are configured, for errors.
    let names: [String]
    private let exact: [String: [LoadedIdentity]]
    /// By what follows `*.`
    private let wildcards: [String: [LoadedIdentity]]
    private let refusesOthers: Bool

    init(_ identities: [LoadedIdentity], refusesOthers: Bool) {
        var exact: [String: [LoadedIdentity]] = [:]
        var wildcards: [String: [LoadedIdentity]] = [:]
        var names: [String] = []
        for identity in identities {
            for name in identity.names {
                if !names.contains(name) { names.append(name) }
                if name.hasPrefix("*.") {
                    wildcards[String(name.dropFirst(2)), default: []].append(identity)
                } else {
                    exact[name, default: []].append(identity)
                }
            }
        }
        self.names = names
        self.exact = exact
        self.wildcards = wildcards
        self.refusesOthers = refusesOthers
    }

    /// One for each kind of key, the first of those that are meant for the name; a name itself comes before a wildcard.
    func identities(for name: String) -> [LoadedIdentity] {
        var name = name.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        let parent = name.firstIndex(of: ".").map { String(name[name.index(after: $0)...]) }
        var kinds: Set<String> = []
        return ((self.exact[name] ?? []) + (parent.flatMap { self.wildcards[$0] } ?? []))
            .filter { kinds.insert($0.keyKind).inserted }
    }

    // MARK: OpenSSL

    /// - Returns: false if OpenSSL has no memory left.
    func attach(to context: OpaquePointer) -> Bool {
        let choice = Unmanaged.passRetained(self)
        guard SSL_CTX_set_ex_data(context, Self.index, choice.toOpaque()) == 1 else {
            choice.release()
            return false
        }
        SSL_CTX_set_cert_cb(context, Self.choose, nil)
        if self.refusesOthers { COpenSSL_SSL_CTX_set_tlsext_servername_callback(context, Self.refuse) }
        return true
    }

    static func of(_ context: OpaquePointer) -> IdentityChoice? {
        SSL_CTX_get_ex_data(context, self.index).map { Unmanaged<IdentityChoice>.fromOpaque($0).takeUnretainedValue() }
    }

    /// To be called when a server needs its certificate, see SSL_CTX_set_cert_cb(3). Only certificates are exchanged, never the
    /// SSL_CTX: with that the rules for clients and the keys of tickets would stay those of the first one.
    private static let choose: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 = { ssl, _ in
        guard let ssl, let choice = SSL_get_SSL_CTX(ssl).flatMap({ IdentityChoice.of($0) }),
            let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
        else { return 1 }
        for (index, identity) in choice.identities(for: String(cString: name)).enumerated() {
            guard identity.use(in: ssl, clearing: index == 0) else { return 0 }
        }
        return 1
    }

    /// See SSL_CTX_set_tlsext_servername_callback(3); comes before the certificate is needed.
    private static let refuse:
        @convention(c) (OpaquePointer?, UnsafeMutablePointer<Int32>?, UnsafeMutableRawPointer?) -> Int32 = {
            ssl,
            alert,
            _ in
            guard let ssl, let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name),
                let choice = SSL_get_SSL_CTX(ssl).flatMap({ IdentityChoice.of($0) })
            else { return SSL_TLSEXT_ERR_NOACK }
            guard choice.identities(for: String(cString: name)).isEmpty else { return SSL_TLSEXT_ERR_OK }
            alert?.pointee = SSL_AD_UNRECOGNIZED_NAME
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }

    private static let index = COpenSSL_SSL_CTX_get_ex_new_index { _, choice, _, _, _, _ in
        guard let choice else { return }
        Unmanaged<IdentityChoice>.fromOpaque(choice).release()
    }
}
