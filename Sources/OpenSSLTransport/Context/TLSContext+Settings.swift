internal import COpenSSL

// What a context is told that is neither a certificate nor a key.

extension TLSContext {
    /// The longest chain taken from a peer, in bytes.
    static let maximumChainBytes = 32 * 1024
    /// How many intermediate certificates may be let in: there is room for no more in that many bytes.
    static let chainDepths = 0...32

    /// Contradictions that no file needs to be read for.
    func checkSettings() throws(TLSError) {
        let settings = self.settings
        if let maximum = settings.maximumVersion, maximum < settings.minimumVersion {
            throw self.invalid(
                "the minimum version, \(settings.minimumVersion), is above the maximum version, \(maximum)",
                hint: "Lower minimumVersion or leave maximumVersion out."
            )
        }
        if settings.handshakeTimeout <= .zero {
            throw self.invalid(
                "the handshake timeout is not above zero",
                hint: "Give handshakeTimeout a positive duration; the default is 10 s."
            )
        }
        if settings.passphrases.contains(where: { $0.utf8.count > PassphraseCallback.maximumLength }) {
            throw self.invalid(
                "the passphrase is longer than \(PassphraseCallback.maximumLength) bytes",
                hint: "OpenSSL takes no longer ones; encrypt the key with a shorter passphrase."
            )
        }
        if let serverName = settings.serverName {
            do {
                _ = try PeerName(serverName)
            } catch {
                throw self.invalid(
                    "the serverName '\(EscapedText(serverName))' \(error.reason)",
                    hint: "Give a DNS name or an IP address as the server's certificate has it."
                )
            }
        }
        if !Self.chainDepths.contains(settings.maximumChainDepth) {
            throw self.invalid(
                "\(settings.maximumChainDepth) certificates are to be let in between a peer's own and a trust root",
                hint: "Give a maximumChainDepth from 0 to \(Self.chainDepths.upperBound); the default is 4."
            )
        }
        for name in settings.applicationProtocols where !(1...255).contains(name.utf8.count) {
            throw self.invalid(
                "the application protocol '\(EscapedText(name, limit: 64))' is \(name.utf8.count) bytes long",
                hint: "ALPN names have 1 to 255 bytes (RFC 7301)."
            )
        }
        try self.checkChainCheck()
        try self.checkResumption()
        if ApplicationProtocols.encodedLength(of: settings.applicationProtocols) > 65_535 - 2 {
            throw self.invalid("there are too many application protocols for one message", hint: "Name fewer of them.")
        }
    }

    func applyProtocolSettings() throws(TLSError) {
        let modes =
            SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY
            | SSL_MODE_NO_AUTO_CHAIN  // else OpenSSL completes the chain we send from the trust roots, root and all
        COpenSSL_SSL_CTX_set_mode(self.pointer, Int(modes))
        SSL_CTX_set_options(
            self.pointer,
            COpenSSL_SSL_OP_NO_RENEGOTIATION() | COpenSSL_SSL_OP_NO_COMPRESSION() | COpenSSL_SSL_OP_NO_TICKET()
                | COpenSSL_SSL_OP_NO_CERTIFICATE_COMPRESSION() | COpenSSL_SSL_OP_CIPHER_SERVER_PREFERENCE()
                | COpenSSL_SSL_OP_PRIORITIZE_CHACHA()
        )
        // No resumption, unless it is asked for: a resumed session is not authenticated again.
        SSL_CTX_set_num_tickets(self.pointer, 0)
        COpenSSL_SSL_CTX_set_session_cache_mode(self.pointer, Int(SSL_SESS_CACHE_OFF))
        COpenSSL_SSL_CTX_set_max_cert_list(self.pointer, Self.maximumChainBytes)
        SSL_CTX_set_verify_depth(self.pointer, Int32(clamping: self.settings.maximumChainDepth))

        let maximum = self.settings.maximumVersion.map { Int32($0.rawValue) } ?? 0
        guard
            COpenSSL_SSL_CTX_set_min_proto_version(self.pointer, Int32(self.settings.minimumVersion.rawValue)) == 1,
            COpenSSL_SSL_CTX_set_max_proto_version(self.pointer, maximum) == 1
        else {
            throw self.invalid(
                "OpenSSL refuses the TLS versions",
                hint: "Check what openssl.cnf and its providers allow.",
                codes: OpenSSLErrorQueue.drain()
            )
        }
        try self.applyAlgorithms()
        if self.role == .server { try self.applySessionIdentifierContext() }
    }

    /// Sessions are bound to this very context, at random: none could be resumed even by mistake. Without any, a server
    /// that verifies clients fails when one offers a session.
    private func applySessionIdentifierContext() throws(TLSError) {
        var identifier = [UInt8](repeating: 0, count: 32)
        guard
            RAND_bytes_ex(self.library?.pointer, &identifier, 32, 0) == 1,
            SSL_CTX_set_session_id_context(self.pointer, identifier, 32) == 1
        else {
            throw self.invalid("OpenSSL has no random numbers", codes: OpenSSLErrorQueue.drain())
        }
    }

    func invalid(_ message: String, hint: String = "", codes: [UInt] = []) -> TLSError {
        .configuration(.invalidConfiguration, self.role, message, hint: hint, codes: codes)
    }
}
