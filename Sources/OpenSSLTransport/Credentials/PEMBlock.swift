/// One `-----BEGIN X-----` … `-----END X-----` in a text (RFC 7468), found before OpenSSL sees it: so that every block
/// is accounted for, and a broken one is not silently where the text ends.
struct PEMBlock: Equatable {
    var label: String
    /// Of its BEGIN, counted from 1.
    var line: Int
    /// From BEGIN to the end of the END line, in bytes.
    var range: Range<Int>
    /// Has the header of the encryption from before PKCS#8 (RFC 1421).
    var hasEncryptionHeader = false

    struct Fault: Error, Equatable {
        /// To follow "the file 'x'".
        var message: String
    }

    /// All blocks of `bytes`; none if it is no PEM at all. Between blocks any text may stand, as bundles name their
    /// certificates there, but no binary.
    static func all(in bytes: UnsafeRawBufferPointer) throws(Fault) -> [PEMBlock] {
        var scanner = Scanner()
        var start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0  // a byte order mark, as Windows likes to put one
        while start < bytes.count {
            let rest = bytes[start...]
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
            try scanner.take(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), start..<end)
            start = end
        }
        return try scanner.finish()
    }

    private struct Scanner {
        private var blocks: [PEMBlock] = []
        private var open: PEMBlock?
        private var line = 0
        private var binaryLine: Int?

        mutating func take(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) throws(Fault) {
            self.line += 1
            if let label = Self.label(of: text, "-----BEGIN ") {
                if let open = self.open { throw Self.unterminated(open) }
                self.open = PEMBlock(label: label, line: self.line, range: range)
            } else if let label = Self.label(of: text, "-----END ") {
                guard var block = self.open, block.label == label else {
                    throw Fault(
                        message:
                            "has an END of '\(EscapedText(label, limit: 64))' without its BEGIN in line \(self.line)"
                    )
                }
                block.range = block.range.lowerBound..<range.upperBound
                self.blocks.append(block)
                self.open = nil
            } else if self.open != nil {
                if text.starts(with: "Proc-Type:".utf8), Self.contains(text, "ENCRYPTED") {
                    self.open?.hasEncryptionHeader = true
                }
            } else if self.binaryLine == nil, text.contains(where: Self.isBinary) {
                self.binaryLine = self.line
            }
        }

        func finish() throws(Fault) -> [PEMBlock] {
            if let open = self.open { throw Self.unterminated(open) }
            if let binaryLine = self.binaryLine, !self.blocks.isEmpty {
                throw Fault(message: "has bytes that are no text in line \(binaryLine)")
            }
            return self.blocks
        }

        private static func unterminated(_ block: PEMBlock) -> Fault {
            Fault(message: "is cut off: the \(EscapedText(block.label, limit: 64)) of line \(block.line) has no END")
        }

        private static func label(of line: UnsafeRawBufferPointer, _ prefix: String) -> String? {
            guard line.starts(with: prefix.utf8) else { return nil }
            let text = line.dropFirst(prefix.utf8.count).reversed().drop { $0 <= 0x20 }
            guard text.starts(with: "-----".utf8) else { return nil }
            return String(decoding: text.dropFirst(5).reversed(), as: UTF8.self)
        }

        private static func contains(_ line: UnsafeRawBufferPointer, _ word: String) -> Bool {
            String(decoding: line.prefix(80), as: UTF8.self).contains(word)
        }

        private static func isBinary(_ byte: UInt8) -> Bool {
            byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0C && byte != 0x0D
        }
    }
}

extension PEMBlock {
    static let revocationListLabel = "X509 CRL"
    var isRevocationList: Bool { self.label == Self.revocationListLabel }

    var isCertificate: Bool {
        ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].contains(self.label)
    }

    var isPrivateKey: Bool {
        ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"]
            .contains(self.label)
    }

    var isEncrypted: Bool { self.hasEncryptionHeader || self.label == "ENCRYPTED PRIVATE KEY" }
}
