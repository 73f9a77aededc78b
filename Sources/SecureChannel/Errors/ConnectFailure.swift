internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Why a connection or a listening socket could not be had, in words.
enum ConnectFailure {
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            var parts: [String] = []
            for failure in error.connectionErrors {
                let address = Endpoint(failure.target).map { "\($0)" } ?? "an address"
                parts.append("\(address): \(text(failure.error))")
            }
            if parts.isEmpty, let lookup = error.dnsAError ?? error.dnsAAAAError {
                parts.append("the name '\(PeerText.clean(error.host, limit: 300))' was not found (\(lookup))")
            }
            if parts.isEmpty { parts.append("the name has no address of the wanted family") }
            return parts.joined(separator: "; ")
        case let error as IOError:
            return String(cString: strerror(error.errnoCode))
        case NIOCore.ChannelError.connectTimeout(let time):
            return "no answer within \(time.nanoseconds / 1_000_000_000) s"
        default:
            return PeerText.clean("\(error)", limit: 500)
        }
    }

    static func hint(_ error: any Error, _ address: Address) -> String {
        let codes = Set(errnoCodes(error))
        if codes.contains(ECONNREFUSED) || codes.contains(ENOENT) {
            if case .unix = address { return "Is the server running, and is the path right?" }
            return "Is the server running, and does it listen on this address and port?"
        }
        if codes.contains(EACCES) { return "The socket's permissions do not let this user in." }
        if codes.contains(ENETUNREACH) || codes.contains(EHOSTUNREACH) { return "There is no route to this host." }
        if let error = error as? NIOConnectionError, error.connectionErrors.isEmpty {
            return "Is the host's name right?"
        }
        return ""
    }

    private static func errnoCodes(_ error: any Error) -> [CInt] {
        switch error {
        case let error as NIOConnectionError: error.connectionErrors.flatMap { errnoCodes($0.error) }
        case let error as IOError: [error.errnoCode]
        default: []
        }
    }
}
