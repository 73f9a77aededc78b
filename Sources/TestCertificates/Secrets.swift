internal import Foundation

/// What no log line and no error may show: passphrases, private keys, contents of messages.
///
/// Looks for every run of 16 bytes of each, as it is, in hexadecimal, base64 and as decimal numbers, whatever separates them:
/// so the form in which a text shows it, and the part of it, do not matter.
public struct Secrets: Sendable {
    private var names: [Needle: String] = [:]

    /// Nothing is secret yet.
    public init() {}

    /// A passphrase, or anything else that is a text.
    public mutating func add(_ text: String, as name: String) {
        names[.text(Data(text.utf8))] = name
        add(Array(text.utf8), as: name)
    }

    /// A private key; what its certificate shows of it is none, and neither is what all keys of its kind have in common.
    public mutating func add(_ identity: Identity, as name: String) throws(CertificateError) {
        let another = try PrivateKey(identity.privateKey.kind)
        add(identity.privateKey.der, except: (identity.chain.first?.der ?? []) + another.der, as: name)
    }

    /// Some bytes; not fewer than 16 are looked for.
    public mutating func add(_ bytes: [UInt8], as name: String) {
        add(bytes, except: [], as: name)
    }

    /// The names of the secrets that `text` shows something of.
    public func shown(in text: String) -> Set<String> {
        let forms = Forms(text)
        return Set(names.filter { forms.show($0.key) }.values)
    }

    private mutating func add(_ bytes: [UInt8], except others: [UInt8], as name: String) {
        let others = Data(others)
        for run in Self.runs(of: bytes, count: Self.runLength) where others.range(of: Data(run)) == nil {
            names[.text(Data(run))] = name
            names[.hexadecimal(Data(run.flatMap { Array(Forms.hexadecimal($0)) }))] = name
            names[.decimal(Data(run.map { " \($0)" }.joined().utf8) + Data(" ".utf8))] = name
            // Of 15 bytes, so that it is the same whatever follows. In a longer text a run begins at a multiple of three.
            let start = Data(run.prefix(15))
            if others.range(of: start) == nil { names[.base64(Data(start.base64EncodedString().utf8))] = name }
        }
    }

    private static let runLength = 16

    private static func runs(of bytes: [UInt8], count: Int) -> [ArraySlice<UInt8>] {
        guard bytes.count >= count else { return [] }
        return (0...bytes.count - count).map { bytes[$0..<$0 + count] }
    }

    private enum Needle: Sendable, Hashable {
        case text(Data)
        case hexadecimal(Data)
        case decimal(Data)
        case base64(Data)
    }

    /// A text as it is, and with what may stand between two bytes taken out.
    private struct Forms {
        let text: Data
        let hexadecimal: Data
        let decimal: Data
        let base64: Data

        init(_ string: String) {
            text = Data(string.utf8)
            let withoutPrefixes = string.replacingOccurrences(of: "0x", with: "").utf8
            hexadecimal = Data(
                withoutPrefixes.compactMap { Self.isWord($0) ? ($0 >= 65 && $0 <= 90 ? $0 + 32 : $0) : nil }
            )
            // One space for all that is between two numbers, and at both ends.
            var numbers: [UInt8] = [32]
            for byte in text + [32] {
                let isDigit = (48...57).contains(byte)
                if isDigit || numbers.last != 32 { numbers.append(isDigit ? byte : 32) }
            }
            decimal = Data(numbers)
            // A line break may be escaped, and other signs stand for + and / in file names.
            let unescaped = string.replacingOccurrences(of: "\\n", with: "").replacingOccurrences(of: "\\r", with: "")
            base64 = Data(
                unescaped.utf8.compactMap { byte in
                    switch byte {
                    case UInt8(ascii: "-"): UInt8(ascii: "+")
                    case UInt8(ascii: "_"): UInt8(ascii: "/")
                    case UInt8(ascii: "+"), UInt8(ascii: "/"): byte
                    default: Self.isWord(byte) ? byte : nil
                    }
                }
            )
        }

        func show(_ needle: Needle) -> Bool {
            switch needle {
            case .text(let bytes): text.range(of: bytes) != nil
            case .hexadecimal(let bytes): hexadecimal.range(of: bytes) != nil
            case .decimal(let bytes): decimal.range(of: bytes) != nil
            case .base64(let bytes): base64.range(of: bytes) != nil
            }
        }

        static func hexadecimal(_ byte: UInt8) -> [UInt8] {
            let digits = Array("0123456789abcdef".utf8)
            return [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }

        private static func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case 48...57, 65...90, 97...122: true
            default: false
            }
        }
    }
}
