/// The set of files with which a server and a client authenticate each other: `ca.pem`, `server.pem`, `server.key`,
/// `client.pem`, `client.key`.
///
/// The authority's key is not among them: the set is made anew, never extended.
public struct CertificateFiles: Sendable {
    public let authority: TestAuthority
    /// For the hosts, as a server only.
    public let server: Identity
    /// Named `client`, as a client only.
    public let client: Identity

    /// Makes the set, in memory.
    ///
    /// - Parameter hosts: under which names and IP addresses the server is reached; `*.example.org` stands for every name
    ///   one label below.
    /// - Throws: when there is no host, or one that is neither a host name nor an IP address.
    public init(hosts: [String] = CertificateRequest.localHosts) throws(CertificateError) {
        if hosts.isEmpty { throw CertificateError("A server needs at least one host name or IP address.") }
        for host in hosts { try checkHost(host) }
        authority = try TestAuthority()
        server = try authority.issue(.server(hosts: hosts))
        client = try authority.issue(.client())
    }

    /// Writes the five files into the directory, which is made if only its last component is missing.
    ///
    /// Keys are readable by their owner alone from the moment they exist. Files that exist are replaced, each as a whole,
    /// once all five new ones are on the disk.
    ///
    /// - Throws: with the path and the reason, when the directory or a file cannot be written.
    @discardableResult
    public func write(to directory: String) throws(CertificateError) -> CertificatePaths {
        let paths = CertificatePaths(directory: directory)
        try createDirectory(directory)
        try replaceFiles([
            NewFile(path: paths.authority, content: authority.certificate.pem, mode: 0o644),
            NewFile(path: paths.server, content: server.chainPEM, mode: 0o644),
            NewFile(path: paths.serverKey, content: server.privateKey.pem, mode: 0o600),
            NewFile(path: paths.client, content: client.chainPEM, mode: 0o644),
            NewFile(path: paths.clientKey, content: client.privateKey.pem, mode: 0o600),
        ])
        return paths
    }
}

/// Where the files of a set lie.
public struct CertificatePaths: Sendable, Hashable {
    public let authority: String
    public let server: String
    public let serverKey: String
    public let client: String
    public let clientKey: String

    public init(directory: String) {
        authority = "\(directory)/ca.pem"
        server = "\(directory)/server.pem"
        serverKey = "\(directory)/server.key"
        client = "\(directory)/client.pem"
        clientKey = "\(directory)/client.key"
    }
}

private func checkHost(_ host: String) throws(CertificateError) {
    guard case .dns = AlternativeName(host: host) else { return }
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    let isHostName =
        host.utf8.count <= 253
        && labels.enumerated().allSatisfy { index, label in
            (index == 0 && label == "*" && labels.count > 2) || isLabel(label)
        }
    // The last label of a name is never a number (RFC 1123, section 2.1): 300.1.1.1 is a mistyped address.
    let isNumeric = labels.last?.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? true
    guard isHostName, !isNumeric else {
        throw CertificateError(
            "“\(escaped(host))” is neither a host name nor an IP address: write it like db1.example.org, 192.0.2.1 or ::1, "
                + "without brackets, port or zone."
        )
    }
}

private func isLabel(_ label: Substring) -> Bool {
    guard (1...63).contains(label.utf8.count), label.first != "-", label.last != "-" else { return false }
    return label.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

private func escaped(_ text: String) -> String {
    text.unicodeScalars.map { $0.escaped(asASCII: false) }.joined()
}
