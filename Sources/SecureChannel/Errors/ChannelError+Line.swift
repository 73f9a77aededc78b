internal import NIOCore
internal import OpenSSLTransport

// What the line and the transport below a channel can do to it, in the channel's words.
extension ChannelError {
    /// Whether the line or the peer is to blame, not whoever called.
    var isOfTheLine: Bool {
        switch code {
        case .connectionClosed, .connectionReset, .writeTimedOut, .invalidMessage, .tlsFailed: true
        default: false
        }
    }

    static func closed(by side: String, peer: String) -> ChannelError {
        ChannelError(
            .connectionClosed,
            "The channel to \(peer) was closed by \(side).",
            address: peer,
            phase: .closing,
            hint: side == "the peer"
                ? "Open a new one to go on. If that ends the same way, the peer does not want us: its log says why."
                : "Open a new one to go on."
        )
    }

    /// The connection went without an end.
    static func broken(peer: String) -> ChannelError {
        ChannelError(
            .connectionReset,
            "The connection to \(peer) broke.",
            address: peer,
            hint: "The peer or something between broke it off: see its log."
        )
    }

    /// The stream ended in the middle of a frame.
    static func truncated(
        _ progress: (received: Int, length: Int?),
        peer: String,
        cause: TLSError? = nil
    ) -> ChannelError {
        let part =
            if let length = progress.length {
                "\(progress.received) of a message's \(length) bytes"
            } else {
                "\(progress.received) of a length prefix's 4 bytes"
            }
        return ChannelError(
            .connectionReset,
            "The connection to \(peer) ended after \(part)\(cause.map { ": \($0.message)" } ?? "").",
            address: peer,
            hint: "The peer or something between broke it off: see its log.",
            cause: cause
        )
    }

    /// The peer broke the wire format.
    static func violation(_ error: any Error, peer: String, codec: any Codec) -> ChannelError {
        switch error {
        case FrameDecoder.Violation.empty:
            ChannelError(
                .invalidMessage,
                "\(peer) sent a message of length zero.",
                address: peer,
                hint: "Is it a peer that speaks this protocol?"
            )
        case FrameDecoder.Violation.contentOutOfPayload:
            ChannelError(
                .invalidMessage,
                "The codec found the content of a message from \(peer) outside of its payload.",
                address: peer,
                hint: "The codec is at fault."
            )
        case FrameDecoder.Violation.tooLong(let length, let maximum):
            ChannelError(
                .invalidMessage,
                "\(peer) announced a message of \(length) bytes, and the maximum is \(maximum). \(guess(length))",
                address: peer,
                hint: "Raise maximumMessageSize on this side if such messages are expected."
            )
        default:
            malformedHead(
                error as? MalformedHead ?? MalformedHead(firstByte: 0, cause: error),
                peer: peer,
                codec: codec
            )
        }
    }

    private static func malformedHead(_ error: MalformedHead, peer: String, codec: any Codec) -> ChannelError {
        let cause = PeerText.clean("\(error.cause)", limit: 300)
        return ChannelError(
            .invalidMessage,
            "\(peer) sent a message whose head is not [type, id, content]: \(cause)",
            address: peer,
            hint: "\(codecHint(codec))\(error.looks(unlike: codec))",
            cause: error.cause
        )
    }

    private static func codecHint(_ codec: any Codec) -> String {
        "Do both ends use the same codec? This side's is \(type(of: codec))."
    }

    /// The same when the peer ended the channel and has never said a word, though it was asked something: it may not have
    /// understood.
    func unanswered(in codec: any Codec) -> ChannelError {
        ChannelError(
            code,
            message,
            address: address,
            phase: phase,
            hint: "\(hint) \(Self.codecHint(codec))",
            cause: cause
        )
    }

    /// What the first four bytes look like when they are no length.
    private static func guess(_ length: Int) -> String {
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) }
        if bytes[0] == 0x16, bytes[1] == 0x03 {
            return "The bytes look like a TLS handshake: the peer wants TLS, and this address is without."
        }
        if bytes.allSatisfy({ (0x20...0x7E).contains($0) }) {
            return "The bytes are the text '\(String(decoding: bytes, as: UTF8.self))': another protocol."
        }
        return ""
    }

    /// TLS failed. A stream that was cut off is a broken line, whatever carried it.
    static func tls(_ error: TLSError, address: String, phase: Phase) -> ChannelError {
        ChannelError(
            error.isOfTheLine ? .connectionReset : .tlsFailed,
            "\(error)",
            address: address,
            phase: phase,
            cause: error
        )
    }

    /// An error that came up from the transport.
    static func transport(_ error: any Error, peer: String) -> ChannelError {
        switch error {
        case let error as ChannelError:
            return error
        case let error as TLSError:
            return .tls(error, address: peer, phase: error.phase == .handshake ? .handshake : .established)
        default:
            return ChannelError(
                .connectionReset,
                "The connection to \(peer) broke: \(error).",
                address: peer,
                hint: "The peer or something between broke it off: see its log.",
                cause: error
            )
        }
    }
}

/// What a codec said of a message's head, and how the message begins.
struct MalformedHead: Error {
    var firstByte: UInt8
    var cause: any Error

    /// Another codec that the message may be in, in a sentence; empty if there is none.
    fileprivate func looks(unlike codec: any Codec) -> String {
        switch firstByte {
        case UInt8(ascii: "[") where !(codec is JSONCodec): " The message looks like JSON."
        case 0x93 where !(codec is MessagePackCodec): " The message looks like MessagePack."
        default: ""
        }
    }
}

extension TLSError {
    /// An open connection that was cut off or broke: what would have happened without TLS too.
    var isOfTheLine: Bool {
        switch self.cause {
        case .truncated, .closed: true
        case .connectionBroken: self.phase != .handshake
        default: false
        }
    }
}
