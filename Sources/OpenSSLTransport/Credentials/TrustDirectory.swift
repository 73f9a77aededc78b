internal import COpenSSL

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A directory whose files hold certificates to trust. OpenSSL would look into it during handshakes, by names that are hashes;
/// here all its files are read at once, whatever they are called.
struct TrustDirectory {
    let path: String

    /// The paths of its files, in alphabetical order, but for hidden ones; nil if it cannot be read.
    var files: [String]? {
        guard !self.path.utf8.contains(0), let stream = opendir(self.path) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().map { "\(self.path)/\($0)" }
    }

    /// What holds no certificate is passed over, as OpenSSL does.
    func readableCertificates(role: TLSRole, in library: LibraryContext? = nil) -> [X509Certificate] {
        (self.files ?? []).flatMap { path in
            defer { ERR_clear_error() }
            let reader = CredentialReader(kind: .trustRoots, source: .file(path), role: role, library: library)
            return (try? reader.certificates()) ?? []
        }
    }

    /// - Throws: ``TLSError/Cause/fileUnreadable`` without the directory, which OpenSSL would say nothing of, and
    ///   ``TLSError/Cause/noTrustRoots`` without a certificate in it.
    func certificates(role: TLSRole, in library: LibraryContext? = nil) throws(TLSError) -> [X509Certificate] {
        guard let files = self.files else {
            let reason = errno
            throw .configuration(
                .fileUnreadable,
                role,
                "the directory of trust roots \(CredentialSource.place(self.path)) cannot be read: "
                    + (self.path.utf8.contains(0) ? "its name has a NUL in it" : String(cString: strerror(reason))),
                hint: "Check its path, and that this user may read it."
            )
        }
        let certificates = self.readableCertificates(role: role, in: library)
        guard certificates.isEmpty else { return certificates }
        throw .configuration(
            .noTrustRoots,
            role,
            "none of the \(files.count) files in the directory of trust roots \(CredentialSource.place(self.path)) holds a certificate",
            hint: "Put the certificates of your authorities into it, as PEM or DER."
        )
    }
}
