internal import COpenSSL

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// The system's trust roots, read once and whole. OpenSSL would look into its directory during handshakes, and files
/// must not be read on an event loop.
struct SystemTrust {
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR`, which is a list with colons in between. Who sets one means it: nothing else is searched then.
    var file: String?
    var directory: String?
    /// The first of these that can be read, if neither is set.
    var usualFiles: [String]
    /// If there is none of the files.
    var usualDirectory: String?

    /// As this process's environment and the installed OpenSSL say.
    static var current: SystemTrust {
        SystemTrust(
            file: Self.environment(X509_get_default_cert_file_env()),
            directory: Self.environment(X509_get_default_cert_dir_env()),
            usualFiles: (X509_get_default_cert_file().map { [String(cString: $0)] } ?? []) + Self.bundles,
            usualDirectory: X509_get_default_cert_dir().map { String(cString: $0) }
        )
    }

    /// Where distributions keep all roots in one file.
    private static let bundles = [
        "/etc/ssl/certs/ca-certificates.crt",  // Debian, Ubuntu, Alpine
        "/etc/pki/tls/certs/ca-bundle.crt",  // Fedora, RHEL, Amazon
        "/etc/ssl/ca-bundle.pem",  // SUSE
        "/etc/ssl/cert.pem",  // macOS, BSD
    ]

    /// - Throws: ``TLSError/Cause/noTrustRoots`` if there are none, and what is wrong with a file.
    func certificates(role: TLSRole, in library: LibraryContext? = nil) throws(TLSError) -> [X509Certificate] {
        var certificates: [X509Certificate] = []
        if let file = self.file { certificates += try Self.read(file, role, library) }
        for directory in Self.list(self.directory) {
            certificates += TrustDirectory(path: directory).readableCertificates(role: role, in: library)
        }
        if self.file == nil, self.directory == nil {
            if let bundle = self.usualFiles.first(where: { access($0, R_OK) == 0 }) {
                certificates += try Self.read(bundle, role, library)
            } else {
                for directory in Self.list(self.usualDirectory) {
                    certificates += TrustDirectory(path: directory).readableCertificates(role: role, in: library)
                }
            }
        }
        guard certificates.isEmpty else { return certificates }
        throw TLSError.configuration(
            .noTrustRoots,
            role,
            "the system has no trust roots: 0 were found" + (self.directory.map(Self.described) ?? ""),
            hint: "Install the package ca-certificates, or name your authority's certificate as trustRoots."
        )
    }

    private static func described(_ directories: String) -> String {
        let list = Self.list(directories).map { directory in
            "'\(EscapedText(directory))' (SSL_CERT_DIR)"
                + (access(directory, F_OK) == 0 ? "" : ", which does not exist")
        }
        return " in " + list.joined(separator: ", in ")
    }

    /// Directories are separated by colons, as in PATH (X509_LOOKUP_hash_dir(3)).
    private static func list(_ directories: String?) -> [String] {
        (directories ?? "").split(separator: ":").map(String.init)
    }

    private static func read(
        _ path: String,
        _ role: TLSRole,
        _ library: LibraryContext?
    ) throws(TLSError) -> [X509Certificate] {
        try CredentialReader(kind: .trustRoots, source: .file(path), role: role, library: library).certificates()
    }

    private static func environment(_ name: UnsafePointer<CChar>?) -> String? {
        guard let name, let value = getenv(name), value.pointee != 0 else { return nil }
        return String(cString: value)
    }
}
