internal import COpenSSL

/// The application protocols of a client that was refused for them: kept with its session, for the error.
final class OfferedProtocols {
    let names: [[UInt8]]

    /// - Parameter bytes: As ALPN writes them (RFC 7301), each after its length.
    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var names: [[UInt8]] = []
        var rest = bytes[...]
        while names.count < 16, let length = rest.popFirst(), length > 0, rest.count >= Int(length) {
            names.append(Array(rest.prefix(Int(length))))
            rest = rest.dropFirst(Int(length))
        }
        self.names = names
    }

    func attach(to ssl: OpaquePointer) {
        guard SSL_get_ex_data(ssl, Self.index) == nil else { return }
        let offer = Unmanaged.passRetained(self)
        if SSL_set_ex_data(ssl, Self.index, offer.toOpaque()) != 1 { offer.release() }
    }

    static func of(_ ssl: OpaquePointer) -> OfferedProtocols? {
        SSL_get_ex_data(ssl, Self.index).map { Unmanaged<OfferedProtocols>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let index = COpenSSL_SSL_get_ex_new_index { _, offer, _, _, _, _ in
        guard let offer else { return }
        Unmanaged<OfferedProtocols>.fromOpaque(offer).release()
    }
}
