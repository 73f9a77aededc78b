internal import NIOCore

/// What a connection's first bytes say about the peer, before any of them reaches OpenSSL.
///
/// A session costs tens of kilobytes, and OpenSSL answers other protocols with an error that helps nobody. So a server
/// looks first: is it a handshake record (RFC 8446, section 5.1), and does the ClientHello in it declare a size that an
/// honest client could need (section 4)?
enum FirstBytes: Equatable {
    /// Too few to tell; at most ``FirstBytes/maximumUndecidedCount`` bytes.
    case undecided
    case tls
    /// A ClientHello that declares more than the limit.
    case helloTooLarge(declared: Int)
    /// A ClientHello in the form of SSL 2.0, which asked for later versions too (RFC 5246, section E.2).
    case oldHello
    /// A record of TLS, and no hello in it.
    case noHello
    /// The client has sent an alert and nothing before it.
    case alert(TLSAlert)
    case notTLS(OtherProtocol)

    typealias OtherProtocol = TLSError.OtherProtocol

    /// The header of the hello is spread over at most four records, one byte in each.
    static let maximumUndecidedCount = 4 * (recordHeaderLength + 1) - 1

    private static let recordHeaderLength = 5
    private static let handshakeRecord: UInt8 = 22
    private static let changeCipherSpecRecord: UInt8 = 20
    private static let alertRecord: UInt8 = 21
    private static let dataRecord: UInt8 = 23
    private static let alertLength = recordHeaderLength + 2
    private static let clientHello: UInt8 = 1

    /// What a server makes of what a client sent first.
    static func ofClient(_ bytes: ByteBufferView, maximumHelloLength: Int) -> FirstBytes {
        if let first = bytes.first, first != handshakeRecord { return ofStranger(first, bytes) }
        var rest = bytes
        var header: [UInt8] = []  // of the handshake message: its type, and its length in three bytes
        while header.count < 4 {
            guard let type = rest.popFirst() else { return .undecided }
            guard type == handshakeRecord else { return .noHello }
            guard let major = rest.popFirst() else { return .undecided }
            guard major == 3 else { return .notTLS(OtherProtocol(bytes)) }
            guard rest.count >= 3 else { return .undecided }
            let length = rest.dropFirst().prefix(2).reduce(0) { $0 << 8 | Int($1) }
            // Records of nothing must not be sent (RFC 8446, section 5.1); they could keep us undecided for ever.
            guard length > 0 else { return .noHello }
            rest = rest.dropFirst(3)
            header += rest.prefix(min(length, 4 - header.count))
            rest = rest.dropFirst(length)
            if let first = header.first, first != clientHello { return .noHello }
        }
        let declared = header.dropFirst().reduce(0) { $0 << 8 | Int($1) }
        return declared > maximumHelloLength ? .helloTooLarge(declared: declared) : .tls
    }

    /// The same, if it is no handshake record.
    private static func ofStranger(_ first: UInt8, _ bytes: ByteBufferView) -> FirstBytes {
        let others = bytes.dropFirst()
        switch first {
        case changeCipherSpecRecord, dataRecord, alertRecord:
            guard let major = others.first else { return .undecided }
            guard major == 3 else { return .notTLS(OtherProtocol(bytes)) }
            guard first == alertRecord else { return .noHello }
            guard bytes.count >= alertLength else { return .undecided }
            return others.dropFirst(2).starts(with: [0, 2])
                ? .alert(TLSAlert(rawValue: bytes[bytes.startIndex + alertLength - 1])) : .noHello
        // A length in two bytes, the first bit set; then a ClientHello, and the version that it is for.
        case 0x80...0xBF:
            guard others.count >= 4 else {
                return others.dropFirst().first.map { $0 == clientHello } ?? true
                    ? .undecided : .notTLS(OtherProtocol(bytes))
            }
            let hello = Array(others.dropFirst().prefix(3))
            let isOld = hello[0] == clientHello && (hello[1] == 3 || hello[1] == 0 && hello[2] == 2)
            return isOld ? .oldHello : .notTLS(OtherProtocol(bytes))
        default: return .notTLS(OtherProtocol(bytes))
        }
    }

    /// What a client makes of what a server sent first: part of its hello, or an alert that refuses ours.
    static func ofServer(_ bytes: ByteBufferView) -> FirstBytes {
        guard let type = bytes.first else { return .undecided }
        guard type == handshakeRecord || type == alertRecord else { return .notTLS(OtherProtocol(bytes)) }
        guard let major = bytes.dropFirst().first else { return .undecided }
        return major == 3 ? .tls : .notTLS(OtherProtocol(bytes))
    }
}

// MARK: The answer

extension FirstBytes {
    /// What a client that speaks TLS is told of why it is refused.
    var refusal: TLSAlert? {
        switch self {
        case .helloTooLarge: .illegalParameter
        case .oldHello: .protocolVersion
        case .noHello: .unexpectedMessage
        case .undecided, .tls, .alert, .notTLS: nil
        }
    }

    /// A fatal alert in the clear, in the version that the client has begun with: there is no session that could send one.
    static func record(of alert: TLSAlert, inAnswerTo bytes: ByteBufferView) -> ByteBuffer {
        let version = (bytes.first ?? 0) & 0x80 == 0 ? bytes.dropFirst() : bytes.dropFirst(3)
        let minor = version.first == 3 ? version.dropFirst().first ?? 3 : 3
        return ByteBuffer(bytes: [alertRecord, 3, min(minor, 3), 0, 2, 2, alert.rawValue])
    }
}

extension TLSError.OtherProtocol {
    private static let httpBeginnings = [
        "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "PATCH ", "TRACE ", "PRI ", "HTTP/",
        // The answer of HTTP/0.9, which some servers give to what they cannot read.
        "<!DOCTYPE", "<!doctype", "<html", "<HTML",
    ]
    /// No more than a channel without TLS accepts by default, so that other bytes are not taken for a length.
    private static let maximumFrameLength = 16 << 20

    init(_ bytes: ByteBufferView) {
        if Self.httpBeginnings.contains(where: { bytes.starts(with: $0.utf8) }) {
            self = .http
        } else if bytes.starts(with: "SSH-".utf8) {
            self = .ssh
        } else {
            let length = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            let isFrame = bytes.count >= 4 && (1...Self.maximumFrameLength).contains(length)
            self = isFrame ? .unencryptedFrame(length: length) : .unknown
        }
    }
}
