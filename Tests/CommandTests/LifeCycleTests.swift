internal import Foundation
internal import Testing

@Suite("A server's life", .serialized)
struct LifeCycleTests {
    @Test("SIGINT and SIGTERM end it with 0, and its socket file is gone", arguments: [SIGINT, SIGTERM])
    func signals(number: Int32) async throws {
        let directory = try TemporaryDirectory()
        let outcome = try await withServing(["unix:\(directory.path)/socket"]) { command, _ in
            #expect(FileManager.default.fileExists(atPath: "\(directory.path)/socket"))
            command.signal(number)
            _ = await command.end()
        }
        #expect(outcome.isExit && outcome.status == 0)
        #expect(outcome.errors == "")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    }

    @Test("A reply that has begun when the signal comes arrives whole")
    func finishesReplies() async throws {
        let outcome = try await withServing(["tcp://127.0.0.1:0", "--codec", "json", "--verbose"]) { command, address in
            // Larger than what the sockets between us hold, so that the reply cannot be over before it is read.
            let request = frame(textOf: 15 << 20)
            let peer = try RawSocket(connectedTo: port(of: address))
            try peer.write(request)
            let prefix = try peer.read(4)
            #expect(prefix == Array(request.prefix(4)))
            command.signal(SIGTERM)
            _ = await command.errors.until("Shutting down")
            let reply = try peer.read(request.count)
            #expect(reply.count == request.count - 4)
            #expect(reply.starts(with: Array("[1, 0, \"xxx".utf8)) && reply.suffix(3) == Array("x\"]".utf8))
            _ = await command.end()  // by itself: another signal would end it at once
        }
        #expect(outcome.isExit && outcome.status == 0)
    }

    @Test("A second signal ends it at once")
    func secondSignal() async throws {
        let outcome = try await withServing(["tcp://127.0.0.1:0", "--codec", "json", "--verbose"]) { command, address in
            let request = frame(textOf: 15 << 20)
            let peer = try RawSocket(connectedTo: port(of: address))
            try peer.write(request)
            _ = try peer.read(4)
            command.signal(SIGTERM)
            _ = await command.errors.until("Shutting down")
            // The rest of the reply is never read: without a second signal this would take the whole 10 s.
            command.signal(SIGINT)
            let begin = ContinuousClock.now
            _ = await command.end()
            #expect(ContinuousClock.now - begin < .seconds(8))
            _ = try peer.read(1)
        }
        #expect(!outcome.isExit && outcome.status == SIGINT)
    }

    @Test("A stale socket file is replaced")
    func staleSocketFile() async throws {
        let directory = try TemporaryDirectory()
        let address = "unix:\(directory.path)/socket"
        let killed = try Command(["serve", address])
        _ = await killed.output.until("\n")
        killed.kill()
        _ = await killed.end()
        #expect(FileManager.default.fileExists(atPath: "\(directory.path)/socket"))
        try await withServing([address]) { _, _ in
            let sent = try await Command.run("send", address, "1")
            #expect(sent.status == 0, "\(sent.errors)")
        }
    }

    @Test("Standard streams that are closed are no reason to crash")
    func closedStreams() async throws {
        let directory = try TemporaryDirectory()
        let address = "unix:\(directory.path)/socket"
        let serving = try Command(["serve", address, "--verbose"], shell: #"exec "$0" "$@" <&- >&-"#)
        defer { serving.kill() }
        let sent = try await Command.run("send", address, "1", "--retry", "50")
        #expect(sent.status == 0)
        #if os(Linux)
            // Were the number free, a socket would have it by now, and what is meant for people would go to a peer.
            let output = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(serving.identifier)/fd/1")
            #expect(output == "/dev/null")
        #endif
        serving.signal(SIGTERM)
        let served = await serving.end()
        #expect(served.isExit && served.status == 0)
    }

    @Test("A reader of the replies that has seen enough ends the sending quietly")
    func closedPipe() async throws {
        try await withServing(["tcp://127.0.0.1:0"]) { _, address in
            let sending = try Command(
                ["send", address, "1", "--count", "\(Int.max)"],
                shell: #"{ "$0" "$@"; echo "status $?" >&2; } | head -n 1"#
            )
            let outcome = await sending.end()
            #expect(outcome.output == "1\n")
            #expect(outcome.errors == "status 0\n")
        }
    }

    #if os(Linux)
        @Test("The soft limit on open files is raised to the hard one")
        func fileLimit() async throws {
            try await withServing(["tcp://127.0.0.1:0"], shell: #"ulimit -Sn 100; exec "$0" "$@""#) { command, _ in
                let limits = try String(contentsOfFile: "/proc/\(command.identifier)/limits", encoding: .utf8)
                let line = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max open files") })
                let numbers = line.split(separator: " ").compactMap { Int($0) }
                #expect(numbers.count == 2 && numbers[0] == numbers[1] && numbers[0] > 100, "\(line)")
            }
        }
    #endif

    // MARK: A request as bytes

    private func frame(textOf count: Int) -> [UInt8] {
        let payload = Array("[0, 0, \"".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: count) + Array("\"]".utf8)
        return (0..<4).map { UInt8(truncatingIfNeeded: payload.count >> (24 - 8 * $0)) } + payload
    }

    private func port(of address: String) throws -> Int {
        try #require(address.split(separator: ":").last.flatMap { Int($0) })
    }

    @Test("A server that has run out of file descriptors says so, and goes on when there are some again")
    func outOfDescriptors() async throws {
        let ending = try await withServing(
            ["tcp://127.0.0.1:0"],
            shell: #"ulimit -n 40; exec "$0" "$@""#
        ) { command, address in
            let port = try #require(Int(address.split(separator: ":").last ?? ""))
            var crowd: [RawSocket] = []
            for _ in 0..<100 { crowd.append(try RawSocket(connectedTo: port)) }
            let warning = await command.errors.until("Connections cannot be accepted")
            #expect(warning.contains("Connections cannot be accepted"))
            crowd = []
            let reply = try await Command.run("send", address, "7")
            #expect(reply.status == 0)
            #expect(reply.output == "7\n")
        }
        #expect(ending.status == 0)
    }
}
