internal import COpenSSL

// What a client has offered, for a server that found nothing in it that it likes; and what is known of our own.

extension FailedSession {
    /// The versions that a peer speaks, to follow "the client".
    var peerVersions: String {
        guard let ssl = self.ssl, self.role == .server else { return "chose another one" }
        // What a client says here goes up to TLS 1.2; newer versions stand in an extension that OpenSSL keeps to itself.
        let stated = min(Int(SSL_client_version(ssl)), TLSVersion.tls12.rawValue)
        guard stated < Int(COpenSSL_SSL_get_min_proto_version(ssl)) else { return "offers only newer ones" }
        switch Int32(stated) {
        case TLS1_2_VERSION: return "offers at most TLS 1.2"
        case TLS1_1_VERSION: return "offers at most TLS 1.1"
        case TLS1_VERSION: return "offers at most TLS 1.0"
        default: return "offers at most SSL 3.0"
        }
    }

    var ownCiphers: [String] {
        guard let ssl = self.ssl else { return [] }
        let all = (0..<64).lazy.map { SSL_get_cipher_list(ssl, $0) }.prefix { $0 != nil }
            .compactMap { $0.map { String(cString: $0) } }
        // A cipher suite belongs either to TLS 1.3 or to the versions before.
        let speaksTLS13 = self.ownMaximumVersion >= TLSVersion.tls13
        let speaksTLS12 = Int(COpenSSL_SSL_get_min_proto_version(ssl)) <= TLSVersion.tls12.rawValue
        return all.filter { $0.hasPrefix("TLS_") ? speaksTLS13 : speaksTLS12 }
    }

    /// As OpenSSL calls them; others by their number (RFC 8446, section B.4).
    var peerCiphers: [String] {
        guard let ssl = self.ssl, self.role == .server else { return [] }
        var list: UnsafePointer<UInt8>?
        let length = COpenSSL_SSL_get0_raw_cipherlist(ssl, &list)
        guard let list, length > 0 else { return [] }
        let bytes = UnsafeBufferPointer(start: list, count: length)
        return stride(from: 0, to: bytes.count - 1, by: 2).prefix(64).compactMap { index in
            let identifier = UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1])
            guard !RegisteredNames.isNoAlgorithm(identifier) else { return nil }
            let cipher = SSL_CIPHER_find(ssl, list + index)
            return cipher.flatMap { SSL_CIPHER_get_name($0) }.map { String(cString: $0) }
                ?? RegisteredNames.number(identifier)
        }
    }

    var peerGroups: [String] {
        guard let ssl = self.ssl, self.role == .server else { return [] }
        let count = COpenSSL_SSL_get1_groups(ssl, nil)
        guard (1...64).contains(count) else { return [] }
        var identifiers = [Int32](repeating: 0, count: count)
        guard COpenSSL_SSL_get1_groups(ssl, &identifiers) == count else { return [] }
        return identifiers.compactMap { identifier in
            if identifier & TLSEXT_nid_unknown != 0 {
                let number = UInt16(truncatingIfNeeded: identifier)
                return RegisteredNames.isNoAlgorithm(number) ? nil : RegisteredNames.group(number)
            }
            return (EC_curve_nid2nist(identifier) ?? OBJ_nid2sn(identifier)).map { String(cString: $0) }
        }
    }

    var peerSignatureAlgorithms: [String] {
        guard let ssl = self.ssl else { return [] }
        let count = SSL_get_sigalgs(ssl, 0, nil, nil, nil, nil, nil)
        guard count > 0 else { return [] }
        return (0..<min(count, 64)).compactMap { index in
            var (signature, hash): (UInt8, UInt8) = (0, 0)
            guard SSL_get_sigalgs(ssl, index, nil, nil, nil, &signature, &hash) > 0 else { return nil }
            let number = UInt16(hash) << 8 | UInt16(signature)
            return RegisteredNames.isNoAlgorithm(number) ? nil : RegisteredNames.signatureAlgorithm(number)
        }
    }

    var peerApplicationProtocols: [String] {
        guard let ssl = self.ssl, let offered = OfferedProtocols.of(ssl) else { return [] }
        return offered.names.map { "'\(EscapedText(bytes: $0, limit: 64))'" }
    }
}
