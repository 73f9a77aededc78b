#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What stat(2) says of a file, by which a change is seen without reading it. Links are followed, so that one which is
/// pointed elsewhere counts as changed, as orchestrators do it.
struct FileSignature: Equatable {
    private let device: UInt64
    private let node: UInt64
    private let size: Int64
    private let changedAt: [Int]
    /// Of the call; 0 where it succeeded.
    private let fault: Int32

    init(path: String) {
        var status = stat()
        let result = stat(path, &status)
        self.fault = result == 0 ? 0 : errno
        self.device = UInt64(truncatingIfNeeded: status.st_dev)
        self.node = UInt64(truncatingIfNeeded: status.st_ino)
        self.size = Int64(status.st_size)
        #if canImport(Darwin)
            let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
        #else
            let (modified, changed) = (status.st_mtim, status.st_ctim)
        #endif
        self.changedAt = [modified.tv_sec, modified.tv_nsec, changed.tv_sec, changed.tv_nsec]
    }
}

extension FileSignature {
    /// Whether there is a directory at this path.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return !path.utf8.contains(0) && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether there is something at this path that could be waited for: a pipe, a socket or a device.
    static func mayBlock(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
    }
}

extension TLSConfiguration {
    /// All files that a reload would read, but for the system's bundle and what is in other stores than files.
    var filePaths: [String] {
        let settings = self.settings
        var sources = settings.identities.flatMap { [$0.certificate.source, $0.privateKey?.source].compactMap { $0 } }
        sources += settings.revocationLists?.sources ?? []
        for case .credential(let source, _) in settings.trustRoots?.sources ?? [] { sources.append(source) }
        var paths = sources.compactMap { source in
            switch source {
            case .file(let path): path
            case .store(let uri): uri.path
            case .pem, .der, .pkcs12: nil
            }
        }
        if let path = settings.passphraseFile { paths.append(path) }
        for case .file(let path)? in settings.identities.map({ $0.ocspResponse?.source }) { paths.append(path) }
        for case .directory(let path) in settings.trustRoots?.sources ?? [] {
            paths += [path] + (TrustDirectory(path: path).files ?? []).map(\.path)
        }
        return paths
    }

    var fileSignatures: [String: FileSignature] {
        Dictionary(self.filePaths.map { ($0, FileSignature(path: $0)) }, uniquingKeysWith: { first, _ in first })
    }
}
