import Testing

@testable import SecureChannel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@Suite("Servers that start at once on one Unix path", .timeLimit(.minutes(2)))
struct SimultaneousServerTests {
    /// What a start led to: a socket that listens, or the error.
    private func race(_ count: Int, at path: String) async -> [(
        file: UnixSocketFile, outcome: Result<CInt, ChannelError>
    )] {
        let starters = Counter()
        return await withTaskGroup(of: (UnixSocketFile, Result<CInt, ChannelError>).self) { group in
            for _ in 0..<count {
                group.addTask {
                    await onThread {
                        // From one moment on, as far as threads can.
                        starters.increment()
                        while starters.value < count { sched_yield() }
                        let file = UnixSocketFile(path: path)
                        do throws(ChannelError) {
                            return (file, .success(try file.bind(permissions: nil, backlog: 8)))
                        } catch {
                            return (file, .failure(error))
                        }
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test(
        "Of several one listens and is reached, and the others are told that the address is taken",
        arguments: [false, true]
    )
    func oneWins(_ leavesStale: Bool) async throws {
        let path = temporarySocketPath()
        for round in 0..<150 {
            let outcomes = await race(4, at: path)
            let winners = outcomes.compactMap { outcome in (try? outcome.outcome.get()).map { (outcome.file, $0) } }
            #expect(winners.count == 1, "round \(round)")
            for case .failure(let error) in outcomes.map(\.outcome) { #expect(error.code == .addressInUse, "\(error)") }
            #expect(accepts(winners.first?.1, at: path), "round \(round)")
            for (file, descriptor) in winners {
                if !leavesStale { file.remove() }
                close(descriptor)
            }
        }
        unlink(path)
    }

    @Test("Servers that come and go do not remove one another's sockets")
    func comeAndGo() async throws {
        let path = temporarySocketPath()
        let servers = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<60 {
                        guard
                            let server = try? await startServer(.unix(path), onChannel: { await $0.waitUntilClosed() })
                        else { continue }
                        servers.increment()
                        await #expect(throws: Never.self) { try await openChannel(.unix(path)).close() }
                        await server.shutDown(gracePeriod: .zero)
                    }
                }
            }
        }
        #expect(servers.value > 0)
        #expect(access(path, F_OK) != 0)
    }

    @Test("Nothing but the socket is left in its directory while a server listens, and nothing at all afterwards")
    func noFurtherFile() async throws {
        let directory = temporarySocketPath()
        #expect(mkdir(directory, 0o700) == 0)
        defer { rmdir(directory) }
        try await withServer(.unix(directory + "/s"), onChannel: { _ in }) { _ in
            #expect(rmdir(directory) != 0)
            #expect(unlink(directory + "/s") == 0)
            #expect(rmdir(directory) == 0)
            #expect(mkdir(directory, 0o700) == 0)
        }
        #expect(rmdir(directory) == 0)
    }

    @Test("Whoever holds a directory's lock is waited for, and for ever by nobody")
    func heldLock() async throws {
        let path = temporarySocketPath() + "/s"
        let directory = String(path.dropLast(2))
        #expect(mkdir(directory, 0o700) == 0)
        defer { rmdir(directory) }
        var lock = DirectoryLock(directoryOf: path)
        #expect(lock != nil)
        let other = DirectoryLock(directoryOf: path, patience: .milliseconds(5))
        #expect(other == nil)
        lock = nil
        let third = DirectoryLock(directoryOf: path, patience: .milliseconds(5))
        #expect(third != nil)
        #expect(DirectoryLock(directoryOf: directory + "/nowhere/s", patience: .seconds(60)) == nil)
        withExtendedLifetime(third) {}
    }

    private func accepts(_ descriptor: CInt?, at path: String) -> Bool {
        guard let descriptor, let channel = try? connected(path) else { return false }
        defer { close(channel) }
        let accepted = accept(descriptor, nil, nil)
        guard accepted >= 0 else { return false }
        close(accepted)
        return true
    }

    private func connected(_ path: String) throws -> CInt {
        let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(probe)
            throw CancellationError()
        }
        return probe
    }
}
