internal import NIOCore

// The failures that the handler finds by itself, before or beside OpenSSL.

/// Whom a connection is with, for its errors.
struct TLSPeer {
    /// Our own role.
    var role: TLSRole
    var address: String?

    /// What the peer is to us.
    var noun: String { self.role == .server ? "client" : "server" }
}

extension TLSHandler {
    func peer(_ context: ChannelHandlerContext) -> TLSPeer {
        TLSPeer(role: self.tls.role, address: context.channel.remoteAddress.map(Self.text))
    }

    private static func text(_ address: SocketAddress) -> String {
        guard let ip = address.ipAddress, let port = address.port else { return address.pathname ?? "\(address)" }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }
}

extension TLSError {
    static func notTLS(_ other: FirstBytes.OtherProtocol, _ bytes: ByteBufferView, _ peer: TLSPeer) -> TLSError {
        let guess =
            switch other {
            case .http: "it speaks HTTP"
            case .ssh: "it speaks SSH"
            case .unencryptedFrame(let length): "it looks like an unencrypted message of \(length) bytes"
            case .unknown: "nothing known begins like that"
            }
        return TLSError(
            .peerIsNotTLS,
            during: .handshake,
            peer,
            "the \(peer.noun) does not speak TLS: it began with \"\(EscapedText(bytes: bytes.prefix(32)))\"; \(guess)",
            hint: peer.role == .server
                ? "Have the client use TLS, or give it the address of a server without TLS."
                : "Check host and port; a server without TLS needs an address without TLS."
        )
    }

    static func helloTooLarge(_ declared: Int, limit: Int, _ peer: TLSPeer) -> TLSError {
        TLSError(
            .handshakeTooLarge,
            during: .handshake,
            peer,
            "the client announced a hello of \(declared) bytes; at most \(limit) are taken",
            hint: "No honest client needs that many."
        )
    }

    static func handshakeTooLarge(limit: Int, _ peer: TLSPeer) -> TLSError {
        TLSError(
            .handshakeTooLarge,
            during: .handshake,
            peer,
            "the \(peer.noun) sent \(limit) bytes and its handshake was still not over",
            hint: "Check the length of its certificate chain."
        )
    }

    static func handshakeTimedOut(
        _ progress: TLSHandshakeProgress,
        undecidedCount: Int,
        _ timeout: Duration,
        _ peer: TLSPeer
    ) -> TLSError {
        let state =
            switch (progress, peer.role) {
            case (.nothingReceived, _) where undecidedCount > 0: "the \(peer.noun) had sent \(undecidedCount) bytes"
            case (.nothingReceived, .server): "nothing was received from the client"
            case (.nothingReceived, .client): "nothing was received in answer to our hello"
            case (.begun, .server): "the client's hello had not arrived whole"
            case (.begun, .client), (.answered, .client): "the server's flight had not arrived whole"
            case (.answered, .server): "hello seen and answered, waiting for the client's last flight"
            }
        return TLSError(
            .handshakeTimedOut,
            during: .handshake,
            peer,
            "the handshake was not over after \(timeout): \(state)",
            hint: "Check that the other side speaks TLS on this port, and that nothing on the way swallows its packets."
        )
    }

    static func closedDuringHandshake(_ peer: TLSPeer) -> TLSError {
        TLSError(
            .closedDuringHandshake,
            during: .handshake,
            peer,
            "the \(peer.noun) closed the connection before the handshake was over",
            hint: "Its log may say why; port scanners and health checks do so too."
        )
    }

    static func brokenDuringHandshake(_ error: any Error, _ peer: TLSPeer) -> TLSError {
        TLSError(
            .closedDuringHandshake,
            during: .handshake,
            peer,
            "the connection to the \(peer.noun) broke during the handshake: \(EscapedText(String(describing: error)))",
            hint: "The other side's log may say why."
        )
    }

    static func truncated(_ peer: TLSPeer) -> TLSError {
        TLSError(
            .truncated,
            during: .established,
            peer,
            "the \(peer.noun)'s stream ended without a goodbye: bytes may be missing",
            hint: "It may have crashed, or somebody on the way may have cut the line."
        )
    }

    static func plaintextLimitExceeded(
        _ count: Int,
        waiting: Int,
        limit: Int,
        phase: Phase,
        _ peer: TLSPeer
    ) -> TLSError {
        TLSError(
            .plaintextLimitExceeded,
            during: phase,
            peer,
            "\(waiting) bytes wait for the \(peer.noun) to take them; \(count) more would exceed the limit of \(limit)",
            hint: "Wait for writes to complete before making more of them."
        )
    }

    private init(_ cause: Cause, during phase: Phase, _ peer: TLSPeer, _ message: String, hint: String) {
        self.init(
            cause,
            phase: phase,
            role: peer.role,
            peerAddress: peer.address,
            message: message,
            hint: hint
        )
    }
}
