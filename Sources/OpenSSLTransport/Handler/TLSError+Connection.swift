internal import NIOCore

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

// The failures that the handler finds by itself, before or beside OpenSSL.

/// Whom a connection is with, for its errors.
struct TLSPeer {
    /// Our own role.
    var role: TLSRole
    var address: String?

    /// What the peer is to us.
    var noun: String { self.role == .server ? "client" : "server" }
}

extension TLSConnection {
    func peer(_ line: any TLSLine) -> TLSPeer {
        TLSPeer(role: self.tls.role, address: line.peerAddress.map(Self.text))
    }

    private static func text(_ address: SocketAddress) -> String {
        guard let ip = address.ipAddress, let port = address.port else { return address.pathname ?? "\(address)" }
        return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
    }
}

extension TLSError {
    static func notTLS(_ other: FirstBytes.OtherProtocol, _ bytes: ByteBufferView, _ peer: TLSPeer) -> TLSError {
        let start = "it began with \"\(EscapedText(bytes: bytes.prefix(32)))\"; "
        let guess =
            switch other {
            case .http: start + "it speaks HTTP"
            case .ssh: start + "it speaks SSH"
            // A message's content is nobody's business but the application's.
            case .unencryptedFrame(let length):
                "it began with what looks like an unencrypted message of \(length) bytes"
            case .unknown: start + "nothing known begins like that"
            }
        return TLSError(
            .peerIsNotTLS(other),
            during: .handshake,
            peer,
            "the \(peer.noun) does not speak TLS: \(guess)",
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
            hint: "No honest client needs that many.",
            details: Details(alertSent: .illegalParameter)
        )
    }

    static func oldHello(_ peer: TLSPeer) -> TLSError {
        TLSError(
            .versionMismatch,
            during: .handshake,
            peer,
            "the client's hello is in the form of SSL 2.0, which TLS does not take any more",
            hint: "Bring the client up to date, or turn its SSL 2.0 off (in Java: the protocol SSLv2Hello).",
            details: Details(alertSent: .protocolVersion)
        )
    }

    static func noHello(_ peer: TLSPeer) -> TLSError {
        TLSError(
            .protocolViolation,
            during: .handshake,
            peer,
            "the client sent a record of TLS, but did not begin with a hello",
            hint: "It may have taken this connection for one that was open already; look at its log.",
            details: Details(alertSent: .unexpectedMessage)
        )
    }

    static func beganWithAlert(_ alert: TLSAlert, _ peer: TLSPeer) -> TLSError {
        TLSError(
            .alertReceived(alert),
            during: .handshake,
            peer,
            "the client gave up before its hello, with an alert (\(alert))",
            hint: "The client's log says why: its own configuration may leave it nothing to offer.",
            details: Details(alertReceived: alert)
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
            case (.computing, _): "a step of our own was not done; the private key's store did not answer in time"
            case (.approving, _):
                "the \(peer.noun)'s certificate verifies, and the program's approvePeer had not decided"
            }
        let isOurs = progress == .computing || progress == .approving
        return TLSError(
            .handshakeTimedOut(progress),
            during: .handshake,
            peer,
            "the handshake was not over after \(timeout): \(state)",
            hint: isOurs
                ? "Find out what holds it up on this side; handshakeTimeout is the time for all of the handshake."
                : "Check that the other side speaks TLS on this port, and that nothing on the way swallows its packets."
        )
    }

    static func closedDuringHandshake(_ peer: TLSPeer) -> TLSError {
        TLSError(
            .closedDuringHandshake,
            during: .handshake,
            peer,
            "the \(peer.noun) closed the connection before the handshake was over",
            hint: peer.role == .client
                ? "Often it is the wrong port, a service without TLS, or a server that is shutting down; its log may say why."
                : "Port scanners and health checks do so; so does a client that does not like our certificate: see its log."
        )
    }

    /// The system gave up on the connection. If the peer had sent an alert before, that is the error, and not this.
    static func broken(_ error: IOError, during phase: Phase, _ peer: TLSPeer) -> TLSError {
        let words = strerror(error.errnoCode).map { String(cString: $0) } ?? "error \(error.errnoCode)"
        return TLSError(
            .connectionBroken(errno: error.errnoCode),
            during: phase,
            peer,
            "the connection to the \(peer.noun) broke: \(words)",
            hint: phase == .handshake
                ? "Its log may say why: often it is the wrong port, or it did not like something and said nothing."
                : "The other side or something between broke it off, without an alert: see its log."
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

    static func tooManyRecordsWithoutData(_ peer: TLSPeer) -> TLSError {
        TLSError(
            .tooManyRecordsWithoutData,
            during: .established,
            peer,
            "the \(peer.noun) sent more than \(TLSSession.maximumIdleRecords) records of TLS in a row without any data: key "
                + "updates, tickets, or requests to negotiate anew",
            hint: "No honest \(peer.noun) needs that many: it is broken, or wants to keep this side busy."
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

    private init(
        _ cause: Cause,
        during phase: Phase,
        _ peer: TLSPeer,
        _ message: String,
        hint: String,
        details: Details = Details()
    ) {
        self.init(
            cause,
            phase: phase,
            role: peer.role,
            peerAddress: peer.address,
            message: message,
            hint: hint,
            details: details
        )
    }
}
