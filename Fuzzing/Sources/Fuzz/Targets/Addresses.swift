internal import SecureChannel

/// An address that is read describes itself as one that is read as the same.
func checkAddress(_ bytes: [UInt8]) {
    let url = String(decoding: bytes, as: UTF8.self)
    let tls = TLSConfiguration()
    guard let address = try? Address(url, tls: tls) else { return }
    // Of others some characters are escaped, and what is very long is cut.
    guard bytes.count <= 100, bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") }) else {
        return
    }
    require((try? Address(address.description, tls: tls)) == address, "\(address) is read as it was written")
}

func addressSeeds() -> [[UInt8]] {
    ["tcp://localhost:5555", "tls://[::1]:1", "unix:/run/x.sock", "unix:///run/x", "tcp://10.0.0.1:65535/", "unix:x"]
        .map { Array($0.utf8) }
}
