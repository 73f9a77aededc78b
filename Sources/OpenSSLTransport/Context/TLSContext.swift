internal import COpenSSL
internal import Synchronization

/// One SSL_CTX: what all connections of a configuration in one role share. See SSL_CTX_new(3).
final class TLSContext: Sendable {
    let role: TLSRole
    let handshakeTimeout: Duration
    let settings: TLSConfiguration.Settings
    let notes: ContextNotes
    let staples = Staples()
    /// Our own certificates, the default one first.
    ///
    /// Safe to share: written in `init` alone, before anybody else has the context.
    private(set) nonisolated(unsafe) var identities: [LoadedIdentity] = []
    /// What may make peers refuse us though all is accepted.
    var warnings: [String] { self.identities.flatMap(\.warnings) }
    /// What everything is made in and done by; nil for OpenSSL's default.
    let library: LibraryContext?
    /// Whether a step of a handshake may wait for somebody: the private key is in a store that signs by itself, on a token
    /// or across a network.
    let handshakeMayBlock: Bool
    /// Where steps that may wait are done.
    var threads: StoreThreads { self.library?.threads ?? .ofProcess }
    /// Set once more by a reload, before anybody else has the context.
    let version = Mutex(ContextVersion())

    /// Safe to share: after `init` it is only read, by SSL_new, and OpenSSL guards its count of references and its store
    /// of certificates with locks of its own.
    nonisolated(unsafe) let pointer: OpaquePointer

    /// Reads and checks all that `settings` name; blocks on files.
    init(_ settings: TLSConfiguration.Settings, role: TLSRole) throws(TLSError) {
        COpenSSL_keepAtExit()
        let settings = try settings.readingPassphrase(for: role)
        let library = try LibraryContexts.ofProcess.context(for: settings.providers, role: role)
        ERR_clear_error()
        guard
            let pointer = SSL_CTX_new_ex(
                library?.pointer,
                nil,
                role == .client ? TLS_client_method() : TLS_server_method()
            )
        else {
            throw TLSError.configuration(
                .invalidConfiguration,
                role,
                "OpenSSL could not make a context",
                hint: "Check openssl.cnf and the providers it names.",
                codes: OpenSSLErrorQueue.drain()
            )
        }
        do throws(TLSError) {
            self.notes = try ContextNotes(
                settings,
                role: role,
                groups: Self.groups(settings.algorithms, on: pointer),
                library: library
            )
        } catch {
            SSL_CTX_free(pointer)
            throw error
        }
        self.role = role
        self.handshakeTimeout = settings.handshakeTimeout
        self.settings = settings
        self.library = library
        self.handshakeMayBlock = settings.keyIsInStore
        self.pointer = pointer
        // Also successful calls leave entries behind, for others on this thread to trip over.
        defer { ERR_clear_error() }

        try self.checkSettings()
        guard self.notes.attach(to: pointer) else {
            throw self.invalid("OpenSSL has no memory left", codes: OpenSSLErrorQueue.drain())
        }
        AlertSent.watch(pointer)
        if role == .client { CertificateRequested.watch(pointer) }
        try self.applyProtocolSettings()
        try self.applyApplicationProtocols()
        self.identities = try self.loadIdentities()
        try self.loadTrust()
        try self.loadRevocationLists()
        try self.loadStaples(of: self.identities)
        try self.applyOCSPCheck()
        if self.notes.keyLog != nil { SSL_CTX_set_keylog_callback(self.pointer, KeyLogFile.callback) }
        self.applyChainCheck()
        self.applyResumption()
    }

    deinit { SSL_CTX_free(self.pointer) }

    /// For what is read besides our own certificates.
    func reader(of source: CredentialSource, as kind: CredentialKind, passphrase: String? = nil) -> CredentialReader {
        CredentialReader(
            kind: kind,
            source: source,
            role: self.role,
            passphrase: passphrase ?? self.settings.passphrase,
            library: self.library
        )
    }

    /// An `SSL*` with SNI, host or IP verification and ALPN set for this peer, in connect or accept state. The caller
    /// frees it; it keeps the SSL_CTX alive by itself.
    ///
    /// - Parameters:
    ///   - peerHost: What a client dialled: a DNS name or an IP address. Servers ignore it.
    ///   - peerPort: The port that it dialled, to tell sessions apart.
    func makeSSL(peerHost: String?, peerPort: Int? = nil) throws(TLSError) -> OpaquePointer {
        let name = try self.peerName(for: peerHost)
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let ssl = SSL_new(self.pointer) else {
            throw TLSError.configuration(
                .invalidConfiguration,
                self.role,
                "OpenSSL could not make a session",
                codes: OpenSSLErrorQueue.drain()
            )
        }
        switch self.role {
        case .server:
            SSL_set_accept_state(ssl)
        case .client:
            SSL_set_connect_state(ssl)
            guard let name, !self.apply(name, to: ssl) else {
                self.resume(ssl, host: peerHost ?? "", port: peerPort, name: name)
                break
            }
            SSL_free(ssl)
            throw TLSError.configuration(
                .invalidConfiguration,
                self.role,
                "OpenSSL does not take '\(EscapedText(name.description))' as a server's name",
                codes: OpenSSLErrorQueue.drain()
            )
        }
        return ssl
    }

    /// What a client asks for and verifies: the configuration's name before the host that was dialled.
    private func peerName(for peerHost: String?) throws(TLSError) -> PeerName? {
        guard self.role == .client else { return nil }
        guard let host = self.settings.serverName ?? peerHost else {
            guard self.settings.verification.includesHostname else { return nil }
            throw TLSError.configuration(
                .invalidConfiguration,
                self.role,
                "there is no host name to verify the server's certificate against",
                hint: "Give the configuration a serverName."
            )
        }
        do {
            return try PeerName(host)
        } catch {
            // Without verification of the host an odd name costs only its SNI.
            if !self.settings.verification.includesHostname, self.settings.serverName == nil { return nil }
            throw TLSError.configuration(
                .invalidConfiguration,
                self.role,
                "the server's name '\(EscapedText(host))' \(error.reason)",
                hint: "Give the host's DNS name or IP address as its certificate has it, or name it as serverName."
            )
        }
    }

    private func apply(_ name: PeerName, to ssl: OpaquePointer) -> Bool {
        if case .dns(let name) = name, COpenSSL_SSL_set_tlsext_host_name(ssl, name) != 1 { return false }
        guard self.settings.verification.includesHostname else { return true }
        // Without these flags the subject's common name counts where there is no DNS name, and "a*.example" matches.
        SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
        switch name {
        case .dns(let name): return SSL_set1_host(ssl, name) == 1
        case .ip(let bytes): return X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), bytes, bytes.count) == 1
        }
    }
}

extension TLSError {
    /// A fault of the configuration, or of what one asks of it.
    static func configuration(
        _ cause: Cause,
        _ role: TLSRole?,
        _ message: String,
        hint: String = "",
        certificate: TLSPeerCertificate? = nil,
        codes: [UInt] = []
    ) -> TLSError {
        TLSError(
            cause,
            phase: .configuration,
            role: role,
            message: message,
            hint: hint,
            details: Details(certificate: certificate, openSSLErrors: codes.map(OpenSSLError.init(code:)))
        )
    }
}
