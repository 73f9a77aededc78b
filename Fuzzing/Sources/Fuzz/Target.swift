internal import Foundation
internal import OpenSSLTransport
internal import SecureChannel

/// What can be fuzzed. Each target takes any bytes: to trap, to be slow or to break a property is the fault looked for.
enum Target: String, CaseIterable {
    case frames
    case heads
    case messagePackValues = "messagepack-values"
    case messagePackTypes = "messagepack-types"
    case jsonValues = "json-values"
    case jsonTypes = "json-types"
    case addresses
    case credentials
    case firstBytes = "first-bytes"
    case tlsClient = "tls-client"
    case tlsServer = "tls-server"
    /// Fails on purpose, for whoever tries whether faults are noticed.
    case plantedFault = "planted-fault"

    var isHidden: Bool { self == .plantedFault }

    func run(_ bytes: [UInt8]) {
        switch self {
        case .frames: checkFrames(bytes)
        case .heads: checkHeads(bytes)
        case .messagePackValues: checkValue(bytes, .messagePack)
        case .messagePackTypes: checkTypes(bytes, .messagePack)
        case .jsonValues: checkValue(bytes, .json(allowsNonFinite: true))
        case .jsonTypes: checkTypes(bytes, .json(allowsNonFinite: true))
        case .addresses: checkAddress(bytes)
        case .credentials: checkCredentials(bytes)
        case .firstBytes: checkFirstBytes(bytes)
        case .tlsClient: checkSession(bytes, of: .client)
        case .tlsServer: checkSession(bytes, of: .server)
        case .plantedFault: require(!bytes.starts(with: [0xBA, 0xD0]), "this fault is planted")
        }
    }

    private func seeds() throws -> [[UInt8]] {
        switch self {
        case .frames: frameSeeds()
        case .heads: headSeeds()
        case .messagePackValues: valueSeeds(.messagePack)
        case .messagePackTypes: typeSeeds(.messagePack)
        case .jsonValues: valueSeeds(.json(allowsNonFinite: true)) + jsonTextSeeds()
        case .jsonTypes: typeSeeds(.json(allowsNonFinite: true))
        case .addresses: addressSeeds()
        case .credentials: try credentialSeeds()
        case .firstBytes: firstBytesSeeds()
        case .tlsClient, .tlsServer: sessionSeeds()
        case .plantedFault: [[0xBA]]
        }
    }

    /// Writes what to begin from, a file each.
    func writeSeeds(to directory: URL) throws {
        for (index, seed) in try seeds().enumerated() {
            try Data(seed).write(to: directory.appendingPathComponent("seed-\(index)"))
        }
    }
}

/// Ends the process if a property does not hold, which libFuzzer takes for a crash and keeps the input.
func require(_ condition: Bool, _ property: @autoclosure () -> String) {
    if !condition { fatalError("a property does not hold: \(property())") }
}

/// Takes choices off the front of an input; zeros when there is nothing left.
struct Choices {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isEmpty: Bool { rest.isEmpty }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// From 0 up to `bound`, without it; 0 if there is nothing to choose from.
    mutating func number(below bound: Int) -> Int {
        let number = Int(byte()) << 8 | Int(byte())
        return bound > 0 ? number % bound : 0
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func all() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}
