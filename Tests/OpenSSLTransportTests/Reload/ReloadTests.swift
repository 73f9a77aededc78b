import Foundation
import Synchronization
import TestCertificates
import Testing

@testable import OpenSSLTransport

/// A server's certificate and key in files, which tests replace.
private struct ServerFiles {
    let directory: TemporaryDirectory
    let authority: TestAuthority
    let certificate: String
    let key: String
    let roots: String

    init() throws {
        self.directory = try TemporaryDirectory()
        self.authority = try TestAuthority()
        let identity = try self.authority.issue(.server())
        self.certificate = try self.directory.write(identity.chainPEM, "server.pem")
        self.key = try self.directory.write(identity.privateKey.pem, "server.key")
        self.roots = try self.directory.write(self.authority.certificate.pem, "roots.pem")
    }

    /// Puts another identity into the files.
    @discardableResult
    func renew(withKey: Bool = true) throws -> Identity {
        let identity = try self.authority.issue(.server())
        _ = try self.directory.write(identity.chainPEM, "server.pem")
        if withKey { _ = try self.directory.write(identity.privateKey.pem, "server.key") }
        return identity
    }

    var server: TLSConfiguration {
        TLSConfiguration(certificate: .file(self.certificate), privateKey: .file(self.key))
    }
    var mutualServer: TLSConfiguration {
        TLSConfiguration(
            certificate: .file(self.certificate),
            privateKey: .file(self.key),
            trustRoots: .file(self.roots),
            resumption: .tickets()
        )
    }
    func client(_ identity: Identity? = nil, resumption: TLSConfiguration.Resumption = .off) -> TLSConfiguration {
        TLSConfiguration(
            certificate: identity.map { .identity($0) },
            privateKey: identity.map { .identity($0) },
            trustRoots: .pem(self.authority.certificate.pem),
            resumption: resumption
        )
    }
}

@Suite("Reload")
struct ReloadTests {
    private let files: ServerFiles

    init() throws { self.files = try ServerFiles() }

    private func shown(by server: TLSConfiguration) throws -> [UInt8] {
        let handshake = try MemoryHandshake(client: self.files.client(), server: server)
        return try #require(try handshake.client.get().peerCertificate).sha256Fingerprint
    }

    @Test("The certificate and key that are in the files now are what the next handshake shows")
    func certificate() throws {
        let server = self.files.server
        let old = try self.shown(by: server)
        let identity = try self.files.renew()
        #expect(try self.shown(by: server) == old)

        let reload = try server.reload()
        #expect(reload.changesCertificate)
        #expect(!reload.changesTrust)
        #expect(reload.certificateFingerprint == identity.certificate.fingerprint)
        #expect(try self.shown(by: server) == identity.certificate.fingerprint)
    }

    @Test("Whoever holds a configuration sees its reload, and it stays equal to itself")
    func holders() throws {
        let server = self.files.server
        let holders = [server, server]
        let (before, hash) = (try holders.map { try self.shown(by: $0) }, server.hashValue)
        let identity = try self.files.renew()
        try server.reload()
        for holder in holders {
            #expect(try self.shown(by: holder) == identity.certificate.fingerprint)
            #expect(holder == server && holder.hashValue == hash)
        }
        #expect(before[0] != identity.certificate.fingerprint)
    }

    @Test("The settings read as they were given, and after a replacement as that said")
    func settings() throws {
        let tls = TLSConfiguration(
            certificate: "a.pem",
            privateKey: "a.key",
            serverName: "db.internal",
            minimumVersion: .tls12,
            applicationProtocols: ["b/1"],
            handshakeTimeout: .seconds(3),
            maximumChainDepth: 7
        )
        #expect(tls.certificate.map { "\($0)" }?.contains("a.pem") == true)
        #expect(tls.serverName == "db.internal" && tls.minimumVersion == .tls12 && tls.maximumVersion == nil)
        #expect(
            tls.applicationProtocols == ["b/1"] && tls.handshakeTimeout == .seconds(3) && tls.maximumChainDepth == 7
        )
        #expect(tls.trustRoots == nil && tls.verifyPeer == nil && tls.keyLogPath == nil)
        try tls.replace(certificate: "b.pem", trustRoots: "ca.pem")
        #expect(tls.certificate.map { "\($0)" }?.contains("b.pem") == true)
        #expect(tls.privateKey == nil)
        #expect(tls.trustRoots.map { "\($0)" }?.contains("ca.pem") == true)
        #expect(tls.serverName == "db.internal")
    }

    @Test("A certificate without its key changes nothing, and the error says what is wrong")
    func badReload() throws {
        let server = self.files.server
        let old = try self.shown(by: server)
        try self.files.renew(withKey: false)
        let error = #expect(throws: TLSError.self) { try server.reload() }
        #expect(error?.cause == .keyMismatch)
        #expect(error?.phase == .configuration)
        #expect(try self.shown(by: server) == old)

        let identity = try self.files.renew()
        try server.reload()
        #expect(try self.shown(by: server) == identity.certificate.fingerprint)
    }

    @Test("A file that is gone or empty changes nothing")
    func missingFile() throws {
        let server = self.files.server
        let old = try self.shown(by: server)
        _ = try self.files.directory.write("", "server.pem")
        #expect(throws: TLSError.self) { try server.reload() }
        try FileManager.default.removeItem(atPath: self.files.certificate)
        let error = #expect(throws: TLSError.self) { try server.reload() }
        #expect(error?.cause == .fileUnreadable)
        #expect(try self.shown(by: server) == old)
    }

    @Test("After a change of the trust roots a client of the former authority is refused, its session notwithstanding")
    func trust() throws {
        let server = self.files.mutualServer
        let client = self.files.client(try self.files.authority.issue(.client()), resumption: .tickets())
        #expect(try !MemoryHandshake(client: client, server: server).server.get().isResumed)
        #expect(try MemoryHandshake(client: client, server: server).server.get().isResumed)

        let other = try TestAuthority()
        _ = try self.files.directory.write(other.certificate.pem, "roots.pem")
        let reload = try server.reload()
        #expect(reload.changesTrust)
        #expect(!reload.changesCertificate)
        #expect(try MemoryHandshake(client: client, server: server).server.error?.cause == .unknownAuthority)
    }

    @Test("A trusted certificate that says now for what it is not trusted is another one")
    func trustSettings() throws {
        let server = self.files.mutualServer
        let client = self.files.client(try self.files.authority.issue(.client()))
        #expect(try MemoryHandshake(client: client, server: server).server.get().isPeerVerified)
        let plain = try self.files.directory.write(self.files.authority.certificate.pem, "plain.pem")
        let rejecting = try openssl("x509", "-in", plain, "-trustout", "-addreject", "clientAuth")
        _ = try self.files.directory.write(rejecting, "roots.pem")
        #expect(try server.reload().changesTrust)
        let error = try MemoryHandshake(client: client, server: server).server.error
        #expect(error?.cause == .certificateRejected)
        #expect(error?.verification?.code == 28)
    }

    @Test("After a change of the certificate no earlier session is resumed")
    func sessions() throws {
        let server = self.files.mutualServer
        let client = self.files.client(try self.files.authority.issue(.client()), resumption: .tickets())
        _ = try MemoryHandshake(client: client, server: server).server.get()
        let identity = try self.files.renew()
        try server.reload()
        let next = try MemoryHandshake(client: client, server: server)
        #expect(try !next.server.get().isResumed)
        #expect(try next.client.get().peerCertificate?.sha256Fingerprint == identity.certificate.fingerprint)
    }

    @Test("A reload that finds nothing new keeps the sessions")
    func nothingNew() throws {
        let server = self.files.mutualServer
        let client = self.files.client(try self.files.authority.issue(.client()), resumption: .tickets())
        _ = try MemoryHandshake(client: client, server: server).server.get()
        #expect(try !server.reload().isChange)
        #expect(try MemoryHandshake(client: client, server: server).server.get().isResumed)
    }

    @Test("A client's trust is reloaded, too")
    func client() throws {
        let client = TLSConfiguration(trustRoots: .file(self.files.roots))
        #expect(try MemoryHandshake(client: client, server: self.files.server).client.get().isPeerVerified)
        _ = try self.files.directory.write(TestAuthority().certificate.pem, "roots.pem")
        #expect(try client.reload().changesTrust)
        #expect(
            try MemoryHandshake(client: client, server: self.files.server).client.error?.cause == .unknownAuthority
        )
    }

    /// A token may take its time to be opened, a file on a server to be read.
    @Test("Who is reading keeps nobody waiting who needs nothing read")
    func slowFiles() async throws {
        let tls = self.files.mutualServer
        try tls.validate(for: .server)
        let (isReading, answer) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let reading = Thread {
            tls.loading.withLock { _ in
                isReading.signal()
                answer.wait()
            }
        }
        reading.start()
        isReading.wait()
        let isFound = Mutex(false)
        let looking = Thread { if (try? tls.context(for: .server)) != nil { isFound.withLock { $0 = true } } }
        looking.start()
        let end = ContinuousClock.now + .seconds(5)
        while !isFound.withLock({ $0 }), ContinuousClock.now < end { await Task.yield() }
        #expect(isFound.withLock { $0 })
        answer.signal()
        while !reading.isFinished || !looking.isFinished { await Task.yield() }
    }

    @Test("Certificate, key and trust can be replaced by call; what is left out stays")
    func replaced() throws {
        let server = self.files.mutualServer
        let clientIdentity = try self.files.authority.issue(.client())
        _ = try MemoryHandshake(client: self.files.client(clientIdentity), server: server).server.get()
        let identity = try self.files.authority.issue(.server())
        let reload = try server.replace(certificate: .identity(identity), privateKey: .identity(identity))
        #expect(reload.changesCertificate && !reload.changesTrust)
        let handshake = try MemoryHandshake(client: self.files.client(clientIdentity), server: server)
        #expect(try handshake.client.get().peerCertificate?.sha256Fingerprint == identity.certificate.fingerprint)
        #expect(try handshake.server.get().isPeerVerified)

        #expect(throws: TLSError.self) {
            try server.replace(certificate: .identity(self.files.authority.issue(.server())))
        }
        #expect(try !server.reload().isChange)
    }

    @Test("A configuration that nobody has used has nothing to reload")
    func unused() throws {
        #expect(try !TLSConfiguration(certificate: "/nowhere").reload().isChange)
    }

    @Test("A connection that was accepted before a reload and says hello after it gets the new certificate")
    func acceptedBefore() throws {
        let server = self.files.server
        let (clientHandler, serverHandler) = (
            try TLSHandler(client: self.files.client(), host: "localhost"), try TLSHandler(server: server)
        )
        let channels = try BackToBackChannels(clientHandler, serverHandler)
        defer { channels.finish() }
        try channels.connect()
        let identity = try self.files.renew()
        try server.reload()
        channels.shuttle()
        let certificate = try #require(channels.client.application.information?.peerCertificate)
        #expect(certificate.sha256Fingerprint == identity.certificate.fingerprint)
    }

    @Test("While a server is reloaded over and over no handshake fails, and each shows one of the certificates whole")
    func underLoad() async throws {
        let server = self.files.server
        let first = try self.shown(by: server)
        let second = try self.files.authority.issue(.server())
        let firstFiles = (try Data(contentsOf: URL(fileURLWithPath: self.files.certificate)), self.files.key)
        let firstKey = try Data(contentsOf: URL(fileURLWithPath: firstFiles.1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<40 {
                    if round.isMultiple(of: 2) {
                        try server.replace(certificate: .identity(second), privateKey: .identity(second))
                    } else {
                        try server.replace(
                            certificate: .pem(Array(firstFiles.0)),
                            privateKey: .pem(Array(firstKey))
                        )
                    }
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<60 {
                        let shown = try self.shown(by: server)
                        #expect(shown == first || shown == second.certificate.fingerprint)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}

@Suite("Files that are watched", .timeLimit(.minutes(1)))
struct WatchTests {
    @Test("A change of the files is found and used, a bad one is told once and harms nothing")
    func watch() async throws {
        let files = try ServerFiles()
        let server = files.server
        try server.validate(for: .server)
        let (results, sink) = AsyncStream.makeStream(of: Result<TLSConfiguration.Reload, TLSError>.self)
        let watcher = Task {
            try await server.reloadWhenFilesChange(every: .milliseconds(100)) { sink.yield($0) }
        }
        var reloads = results.makeAsyncIterator()

        // The watcher may not have begun: the file changes until it has seen one.
        let changer = Task {
            while !Task.isCancelled {
                try files.renew(withKey: false)
                try await Task.sleep(for: .milliseconds(150))
            }
        }
        let bad = try #require(await reloads.next())
        #expect(throws: TLSError.self) { try bad.get() }
        changer.cancel()
        _ = await changer.result

        let identity = try files.renew()
        while let result = await reloads.next() {
            guard case .success(let reload) = result else { continue }
            #expect(reload.certificateFingerprint == identity.certificate.fingerprint)
            break
        }
        watcher.cancel()
        await #expect(throws: CancellationError.self) { try await watcher.value }
    }

    @Test("What changed before the watching began is found at its first look")
    func before() async throws {
        let files = try ServerFiles()
        let server = files.server
        try server.validate(for: .server)
        let identity = try files.renew()
        let (results, sink) = AsyncStream.makeStream(of: Result<TLSConfiguration.Reload, TLSError>.self)
        let watcher = Task { try await server.reloadWhenFilesChange(every: .milliseconds(100)) { sink.yield($0) } }
        var reloads = results.makeAsyncIterator()
        let reload = try #require(await reloads.next()).get()
        #expect(reload.changesCertificate && reload.certificateFingerprint == identity.certificate.fingerprint)
        #expect("\(reload)".hasPrefix("changed: certificate; the certificate's SHA-256 is "))
        watcher.cancel()
        await #expect(throws: CancellationError.self) { try await watcher.value }
    }

    @Test("Files are read when they have changed, and again if time alone mends what was wrong; the same is told once")
    func looks() {
        typealias Outcome = Result<TLSConfiguration.Reload, TLSError>
        func failure(_ cause: TLSError.Cause) -> Outcome {
            .failure(TLSError(cause, phase: .configuration, message: "no"))
        }
        let (one, other) = (["a": FileSignature(path: "/")], ["a": FileSignature(path: "/dev/null")])
        var watch = FileWatch()
        func look(_ files: [String: FileSignature], _ outcome: Outcome) -> (FileWatch.Look?, tells: Bool) {
            guard let look = watch.look(at: files) else { return (nil, false) }
            return (look, watch.tells(outcome, of: look))
        }
        let same = Outcome.success(.init())
        #expect(look(one, same) == (.first, false))
        #expect(look(one, same) == (nil, false))
        #expect(look(other, same) == (.changed, true))
        #expect(look(one, failure(.keyMismatch)) == (.changed, true))
        #expect(look(one, same) == (nil, false))
        for cause in [TLSError.Cause.ownCertificateNotYetValid, .revocationUnknown] {
            #expect(look(other, failure(cause)) == (.changed, true))
            #expect(look(other, failure(cause)) == (.again, false))
            #expect(look(other, same) == (.again, true))
            #expect(look(other, same) == (nil, false))
            #expect(look(one, failure(cause)) == (.changed, true))
            #expect(look(one, failure(.keyMismatch)) == (.again, true))
            #expect(look(one, same) == (nil, false))
            #expect(look(other, same) == (.changed, true))
            #expect(look(one, same) == (.changed, true))
        }
        watch = FileWatch()
        #expect(look(one, failure(.fileUnreadable)) == (.first, true))
    }

    @Test("All files are looked at, and a link that is pointed elsewhere counts as changed")
    func signatures() throws {
        let files = try ServerFiles()
        #expect(Set(files.mutualServer.filePaths) == [files.certificate, files.key, files.roots])
        #expect(TLSConfiguration(certificate: .pem("x"), trustRoots: .system).filePaths == [])

        let link = files.directory.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: files.certificate)
        let before = FileSignature(path: link)
        #expect(before == FileSignature(path: link))
        try FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: files.key)
        #expect(before != FileSignature(path: link))
        try FileManager.default.removeItem(atPath: link)
        #expect(before != FileSignature(path: link))
    }
}
