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
        var hint = "Write it anew, whole."
    }

    /// All blocks of `bytes`; none if it is no PEM at all. Between blocks any text may stand, as bundles name their
    /// certificates there, but no binary.
    static func all(in bytes: UnsafeRawBufferPointer) throws(Fault) -> [PEMBlock] {
        var scanner = Scanner()
        var start = 0
        while start < bytes.count {
            // A byte order mark, as Windows likes to put one; of files that were joined one is in the middle.
            if bytes[start...].starts(with: [0xEF, 0xBB, 0xBF]) { start += 3 }
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
        /// Where a BEGIN follows something else, and so begins nothing.
        private var indentedLine: Int?
        private var isQuoted = false

        mutating func take(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) throws(Fault) {
            self.line += 1
            if Self.lacksLineEnds(text) {
                throw Fault(
                    message: "has its PEM in one line: its line ends are missing (line \(self.line))",
                    hint:
                        "Keep its line breaks, which spaces or the two characters '\\n' do not replace; a shell keeps those "
                        + "of a variable that stands in double quotes."
                )
            }
            if let label = Self.label(of: text, "-----BEGIN ") {
                if let open = self.open { throw Self.unterminated(open) }
                self.open = PEMBlock(label: label, line: self.line, range: range)
            } else if let label = Self.label(of: text, "-----END ") {
                guard var block = self.open, block.label == label else {
                    if self.isQuoted {
                        throw Fault(
                            message: "has its PEM in quotation marks",
                            hint: "Take away the quotation marks at its beginning and its end."
                        )
                    }
                    if let indentedLine = self.indentedLine {
                        throw Fault(
                            message:
                                "has its BEGIN not at the start of a line, but in the middle of line \(indentedLine)",
                            hint: "Take away what stands before '-----BEGIN', spaces and quotation marks included."
                        )
                    }
                    throw Fault(
                        message: "has an END of \(PEMLabel(label)) without its BEGIN in line \(self.line)"
                    )
                }
                block.range = block.range.lowerBound..<range.upperBound
                self.blocks.append(block)
                self.open = nil
            } else if self.open != nil {
                if text.starts(with: "Proc-Type:".utf8), Self.contains(text, "ENCRYPTED") {
                    self.open?.hasEncryptionHeader = true
                }
            } else {
                if self.binaryLine == nil, text.contains(where: Self.isBinary) { self.binaryLine = self.line }
                if self.indentedLine == nil, Self.contains(text, "-----BEGIN ") {
                    self.indentedLine = self.line
                    self.isQuoted = text.first.map { "\"'".utf8.contains($0) } ?? false
                }
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
            Fault(message: "is cut off: the \(PEMLabel(block.label)) of line \(block.line) has no END")
        }

        /// Whether more follows a BEGIN in its line than its own five dashes.
        private static func lacksLineEnds(_ line: UnsafeRawBufferPointer) -> Bool {
            var line = line[...]
            while let first = line.first, first <= 0x20 || first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
                line = line.dropFirst()
            }
            guard line.starts(with: "-----BEGIN ".utf8) else { return false }
            let dashes = Array("-----".utf8)
            var rest = line.dropFirst("-----BEGIN ".utf8.count)
            while rest.count > dashes.count, !rest.starts(with: dashes) { rest = rest.dropFirst() }
            guard rest.starts(with: dashes) else { return false }
            return rest.dropFirst(dashes.count).contains { $0 > 0x20 && $0 != UInt8(ascii: "\"") }
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

/// What stands after BEGIN, as it may be printed: only what is known to be a label. A flattened file has its key there.
struct PEMLabel: CustomStringConvertible {
    let description: String

    init(_ label: String) { self.description = Self.known.contains(label) ? "'\(label)'" : "unknown kind" }

    /// Those of PEM_STRING_… in OpenSSL's pem.h, and those that other programs write.
    static let known: Set<String> = [
        "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE", "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST",
        "X509 CRL", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "ANY PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY",
        "DSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "PUBLIC KEY", "RSA PUBLIC KEY", "DSA PUBLIC KEY", "PKCS7",
        "PKCS #7 SIGNED DATA", "CMS", "PKCS12", "DH PARAMETERS", "X9.42 DH PARAMETERS", "DSA PARAMETERS",
        "EC PARAMETERS", "PARAMETERS", "SSL SESSION PARAMETERS", "ATTRIBUTE CERTIFICATE", "PGP MESSAGE",
        "PGP PUBLIC KEY BLOCK", "PGP PRIVATE KEY BLOCK", "SSH2 PUBLIC KEY", "SSH2 ENCRYPTED PRIVATE KEY",
    ]
}
