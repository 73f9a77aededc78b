/// What one side of a TLS connection tells the other about its end, in one byte (RFC 8446, section 6).
public struct TLSAlert: Sendable, Hashable, RawRepresentable, ExpressibleByIntegerLiteral {
    /// Its number in the protocol.
    public var rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public init(integerLiteral number: UInt8) { self.rawValue = number }

    /// In the RFC's words, for example `certificate expired`; `unknown` if it is in none.
    public var name: String { Self.names[self.rawValue] ?? "unknown" }

    /// OpenSSL has names too, but not the same in each release.
    private static let names: [UInt8: String] = [
        0: "close notify", 10: "unexpected message", 20: "bad record mac", 21: "decryption failed",
        22: "record overflow", 30: "decompression failure", 40: "handshake failure", 41: "no certificate",
        42: "bad certificate", 43: "unsupported certificate", 44: "certificate revoked", 45: "certificate expired",
        46: "certificate unknown", 47: "illegal parameter", 48: "unknown CA", 49: "access denied", 50: "decode error",
        51: "decrypt error", 60: "export restriction", 70: "protocol version", 71: "insufficient security",
        80: "internal error", 86: "inappropriate fallback", 90: "user canceled", 100: "no renegotiation",
        109: "missing extension", 110: "unsupported extension", 111: "certificate unobtainable",
        112: "unrecognized name", 113: "bad certificate status response", 114: "bad certificate hash value",
        115: "unknown PSK identity", 116: "certificate required", 120: "no application protocol",
        121: "encrypted client hello required",
    ]
}

extension TLSAlert: CustomStringConvertible {
    /// For example: alert 48, unknown CA
    public var description: String { "alert \(self.rawValue), \(self.name)" }
}

extension TLSAlert {
    static let unexpectedMessage: TLSAlert = 10
    static let illegalParameter: TLSAlert = 47
    static let handshakeFailure: TLSAlert = 40
    static let badCertificate: TLSAlert = 42
    static let unsupportedCertificate: TLSAlert = 43
    static let certificateRevoked: TLSAlert = 44
    static let certificateExpired: TLSAlert = 45
    static let certificateUnknown: TLSAlert = 46
    static let unknownAuthority: TLSAlert = 48
    static let accessDenied: TLSAlert = 49
    static let decodeError: TLSAlert = 50
    static let decryptError: TLSAlert = 51
    static let badRecordMAC: TLSAlert = 20
    static let recordOverflow: TLSAlert = 22
    static let protocolVersion: TLSAlert = 70
    static let internalError: TLSAlert = 80
    static let inappropriateFallback: TLSAlert = 86
    static let userCancelled: TLSAlert = 90
    static let unrecognisedName: TLSAlert = 112
    static let badCertificateStatusResponse: TLSAlert = 113
    static let certificateRequired: TLSAlert = 116
    static let noApplicationProtocol: TLSAlert = 120
}
