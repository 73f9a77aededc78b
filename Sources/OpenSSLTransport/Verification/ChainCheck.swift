internal import COpenSSL

/// What we ask of a chain beyond what OpenSSL verifies: pins, and the program's own check.
struct ChainCheck: Sendable {
    let role: TLSRole
    let pins: Set<[UInt8]>
    let program: (@Sendable (TLSPeerChain) throws -> Void)?

    /// Nil if there is nothing to ask.
    init?(_ settings: TLSConfiguration.Settings, role: TLSRole) {
        guard !settings.publicKeyPins.isEmpty || settings.verifyPeer != nil else { return nil }
        self.role = role
        self.pins = Set(settings.publicKeyPins.map(\.sha256))
        self.program = settings.verifyPeer
    }

    /// Why the chain is refused; nil if it is not.
    func refusal(of chain: TLSPeerChain) -> Refusal.Reason? {
        if !self.pins.isEmpty, !chain.certificates.contains(where: { self.pins.contains($0.sha256PublicKey) }) {
            return .notPinned
        }
        do {
            try self.program?(chain)
            return nil
        } catch {
            return .program(ProgramErrorText.of(error))
        }
    }

    /// To be given to SSL_CTX_set_cert_verify_callback: OpenSSL's verification, then ours. Never more lenient than OpenSSL.
    static var callback: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?) -> Int32 {
        { store, _ in
            guard let store else { return 0 }
            let verdict = X509_verify_cert(store)
            guard verdict == 1, X509_STORE_CTX_get_error(store) == X509_V_OK else { return verdict == 1 ? 0 : verdict }
            guard let data = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()) else { return 0 }
            let ssl = OpaquePointer(data)
            guard let check = SSL_get_SSL_CTX(ssl).flatMap({ ContextNotes.of($0) })?.chainCheck else { return 0 }
            let stack = X509_STORE_CTX_get0_chain(store)
            let chain = VerifiedChain(leaf: X509_STORE_CTX_get0_cert(store), stack, of: ssl)
            guard
                let reason = check.refusal(of: TLSPeerChain(role: check.role, certificates: chain.certificates))
            else { return 1 }
            Refusal.note(reason, on: ssl)
            X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
            X509_STORE_CTX_set_error_depth(store, 0)
            VerificationFault.remember(store)
            return 0
        }
    }
}

extension TLSContext {
    func checkChainCheck() throws(TLSError) {
        for (index, pin) in self.settings.publicKeyPins.enumerated() where pin.sha256.count != 32 {
            throw self.invalid(
                "pin \(index + 1) of \(self.settings.publicKeyPins.count) of public keys "
                    + (pin.sha256.isEmpty ? "is empty or no base64" : "has \(pin.sha256.count) bytes"),
                hint: "A pin is a SHA-256 in base64, which is 32 bytes."
            )
        }
        guard self.notes.chainCheck != nil || self.settings.approvePeer != nil else { return }
        if self.settings.verification == .dangerouslyNone {
            throw self.invalid(
                "pins, verifyPeer or approvePeer are given, but verification is dangerouslyNone",
                hint:
                    "A chain that is not verified has no public key that could be believed: leave verification at .full."
            )
        }
        if self.verifyMode & SSL_VERIFY_PEER == 0 {
            throw self.invalid(
                "pins, verifyPeer or approvePeer are given, but clients are asked for no certificate",
                hint:
                    "Name the trustRoots that clients' certificates lead to, or leave the checks to the client's side."
            )
        }
        if self.settings.resumption.lifetime != nil {
            throw self.invalid(
                "pins, verifyPeer or approvePeer are given, and resumption, too",
                hint: "A resumed handshake shows no chain that could be checked: leave resumption off."
            )
        }
    }

    func applyChainCheck() {
        guard self.notes.chainCheck != nil else { return }
        SSL_CTX_set_cert_verify_callback(self.pointer, ChainCheck.callback, nil)
    }
}
