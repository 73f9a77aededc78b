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

    struct File {
        /// Repaired, where ``isNamedInUTF8`` is false: nothing is found there.
        let path: String
        let isNamedInUTF8: Bool
    }

    /// Its files, in alphabetical order, but for hidden ones; nil if it cannot be read.
    var files: [File]? {
        guard !self.path.utf8.contains(0), let stream = opendir(self.path) else { return nil }
        defer { closedir(stream) }
        var files: [File] = []
        while let entry = readdir(stream) {
            let bytes = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if bytes.first == UInt8(ascii: ".") { continue }
            let path = "\(self.path)/\(String(decoding: bytes, as: UTF8.self))"
            files.append(File(path: path, isNamedInUTF8: String(validating: bytes, as: UTF8.self) != nil))
        }
        return files.sorted { $0.path < $1.path }
    }

    /// What cannot be read is passed over, as OpenSSL does: for the system's directories, which are not ours to mend.
    func readableCertificates(role: TLSRole, in library: LibraryContext? = nil) -> [X509Certificate] {
        (self.files ?? []).flatMap { file in
            defer { ERR_clear_error() }
            return (try? self.reader(of: file, role, library).certificates()) ?? []
        }
    }

    /// Directories in it, and what plainly holds no certificate, are passed over: text, keys, revocation lists. All else may be an
    /// authority's certificate that was cut off, or that this user may not read.
    ///
    /// - Throws: ``TLSError/Cause/fileUnreadable`` without the directory, which OpenSSL would say nothing of, and
    ///   ``TLSError/Cause/noTrustRoots`` without a certificate in it; and what is wrong with a file.
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
        var certificates: [X509Certificate] = []
        for file in files where !FileSignature.isDirectory(file.path) {
            let reader = self.reader(of: file, role, library)
            guard file.isNamedInUTF8 else {
                throw reader.fault(.fileUnreadable, "has a name that is not UTF-8", hint: "Give it another name.")
            }
            do {
                guard try reader.mayHoldCertificates(named: file.path) else { continue }
                certificates += try reader.certificates()
            } catch {
                ERR_clear_error()
                throw error
            }
        }
        guard certificates.isEmpty else { return certificates }
        throw .configuration(
            .noTrustRoots,
            role,
            "none of the \(files.count) files in the directory of trust roots \(CredentialSource.place(self.path)) holds a certificate",
            hint: "Put the certificates of your authorities into it, as PEM or DER."
        )
    }

    private func reader(of file: File, _ role: TLSRole, _ library: LibraryContext?) -> CredentialReader {
        CredentialReader(kind: .trustRoots, source: .file(file.path), role: role, library: library)
    }
}
