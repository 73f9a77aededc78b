internal import COpenSSL

extension TLSContext {
    /// What a complete handshake agreed on, after a check that it is what we insist on. To be called at the handshake's
    /// end, before any byte of the peer's is handed on; after an error the connection must be closed.
    func agreement(of ssl: OpaquePointer, peerAddress: String?) throws(TLSError) -> TLSConnectionInformation {
        let information = TLSConnectionInformation(ssl: ssl)
        if self.role == .client, !self.settings.applicationProtocols.isEmpty, information.applicationProtocol == nil {
            let offered = self.settings.applicationProtocols.map { "'\(EscapedText($0))'" }.joined(separator: ", ")
            throw TLSError(
                .alpnMismatch,
                phase: .handshake,
                role: self.role,
                peerAddress: peerAddress,
                message: "the server chose none of the application protocols that we offer: \(offered)",
                hint: "Check that the port is the right service's, and that the server names the protocol too."
            )
        }
        // OpenSSL has refused such a peer already; this holds even if it should not have.
        let insists = SSL_get_verify_mode(ssl) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT != 0
        if insists, !information.isPeerVerified {
            throw TLSError(
                .certificateRejected,
                phase: .handshake,
                role: self.role,
                peerAddress: peerAddress,
                message: "the handshake ended without a verified certificate of the peer"
            )
        }
        return information
    }
}
