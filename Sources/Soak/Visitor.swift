internal import Logging
internal import SecureChannel

/// Makes visits, and sees that each ends as it should.
struct Visitor: Sendable {
    var papers: Papers
    var clientHello: [UInt8]
    var port: Int
    var impatientPort: Int
    var strange: StrangeServer

    /// A request that the server keeps until the channel is gone.
    static let neverAnswered: Value = "say nothing"

    /// - Returns: whether a session was resumed.
    /// - Throws: when it did not end as it should.
    func make(_ visit: Visit, _ number: Int, _ randomness: consuming VisitRandomness) async throws -> Bool {
        var randomness = randomness
        switch visit {
        case .call: return try await call(papers.client)
        case .comeBack: return try await call(papers.returningClient)
        case .newConfiguration: return try await call(papers.newClient())
        case .largeCall: try await largeCall(bytes: .random(in: 20_000...500_000, using: &randomness))
        case .closeDuringCalls: try await closeDuringCalls()
        case .letGo: try await letGo()
        case .cancelledOpen: try await cancelOpen(after: .microseconds(.random(in: 0...4_000, using: &randomness)))

        case .strangerAsClient: try await fail(papers.stranger)
        case .anonymousClient: try await fail(papers.anonymous)
        case .strangerAsServer: try await fail(papers.sceptic, [.tlsFailed])
        case .misnamedServer: try await fail(papers.mistaken, [.tlsFailed])
        case .misconfiguration: try await fail(papers.misconfigured(number), [.tlsFailed])

        case .silentClient: try await strangeClient([], .waitsForEnd)
        case .haltingClient: try await strangeClient(beginning(&randomness), .waitsForEnd)
        case .stalledClient: try await strangeClient(clientHello, .waitsForEnd)
        case .halfClosedClient: try await strangeClient(clientHello, .endsItsSide)
        case .truncatedClient: try await strangeClient(beginning(&randomness), .goes)
        case .resettingClient: try await strangeClient(clientHello, .resets)
        case .garbageFromClient: try await strangeClient(garbage(&randomness), .waitsForEnd)
        case .alteredClient: try await strangeClient(altered(&randomness), .waitsForEnd)

        case .silentServer: try await meet(.silent, [.connectTimedOut, .tlsFailed])
        case .closingServer: try await meet(.closing, [.tlsFailed])
        case .garbageFromServer: try await meet(.garbage, [.tlsFailed])
        case .alertingServer: try await meet(.alerting, [.tlsFailed])
        }
        return false
    }

    private func address(_ tls: TLSConfiguration) -> Address { .tls("127.0.0.1", port, tls) }
}

// MARK: Our client and our server

extension Visitor {
    private func call(_ tls: TLSConfiguration) async throws -> Bool {
        try await withChannel(address(tls), configuration: .silent) { channel in
            let reply: String = try await channel.send("ohai")
            guard reply == "ohai" else { throw Unexpected("the reply was '\(reply)'") }
            return channel.tls?.isResumed == true
        }
    }

    private func largeCall(bytes count: Int) async throws {
        let content = Value.binary(.init(repeating: 0x5A, count: count))
        try await withChannel(address(papers.client), configuration: .silent) { channel in
            let reply: Value = try await channel.send(content)
            guard reply == content else { throw Unexpected("a reply of \(count) bytes was another one") }
        }
    }

    private func closeDuringCalls() async throws {
        let channel = try await openChannel(address(papers.client), configuration: .silent)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 { group.addTask { try? await channel.send(Self.neverAnswered) } }
            group.addTask { await channel.close() }
        }
    }

    private func letGo() async throws {
        let channel = try await openChannel(address(papers.client), configuration: .silent)
        let reply: String = try await channel.send("ohai")
        guard reply == "ohai" else { throw Unexpected("the reply was '\(reply)'") }
    }

    private func cancelOpen(after moment: Duration) async throws {
        let opening = Task {
            let channel = try await openChannel(address(papers.returningClient), configuration: .silent)
            await channel.close()
        }
        try await Task.sleep(for: moment)
        opening.cancel()
        do {
            try await opening.value
        } catch is CancellationError {
            // As it should be, if it was in time.
        }
    }

    /// A call that must not come about.
    ///
    /// With TLS 1.3 a client is ready before the server has looked at its certificate, and a reset may overtake the reason.
    private func fail(
        _ tls: TLSConfiguration,
        _ codes: Set<SecureChannel.ChannelError.Code> = [.tlsFailed, .connectionReset, .connectionClosed]
    ) async throws {
        try await fail(address(tls), codes)
    }

    private func fail(_ address: Address, _ codes: Set<SecureChannel.ChannelError.Code>) async throws {
        do {
            try await withChannel(address, configuration: .silent) { channel in
                try await channel.send("let me in")
            }
        } catch let error as SecureChannel.ChannelError where codes.contains(error.code) {
            return
        }
        throw Unexpected("a channel was opened that should have been refused")
    }
}

// MARK: Strangers

extension Visitor {
    private func strangeClient(_ bytes: [UInt8], _ departure: StrangeClient.Departure) async throws {
        try await StrangeClient.visit(port: impatientPort, saying: bytes, then: departure)
    }

    private func beginning(_ randomness: inout VisitRandomness) -> [UInt8] {
        Array(clientHello.prefix(.random(in: 1..<max(2, clientHello.count), using: &randomness)))
    }

    private func altered(_ randomness: inout VisitRandomness) -> [UInt8] {
        var bytes = clientHello
        guard let place = bytes.indices.randomElement(using: &randomness) else { return bytes }
        bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &randomness)
        return bytes
    }

    /// Half of it pretends to be a record of TLS.
    private func garbage(_ randomness: inout VisitRandomness) -> [UInt8] {
        let noise = (0..<Int.random(in: 8...600, using: &randomness)).map { _ in
            UInt8.random(in: 0...255, using: &randomness)
        }
        return Bool.random(using: &randomness) ? [22, 3, 1, 0, 64] + noise : noise
    }

    private func meet(_ manner: StrangeServer.Manner, _ codes: Set<SecureChannel.ChannelError.Code>) async throws {
        try await fail(.tls("127.0.0.1", strange.port(manner), papers.hasty), codes)
    }
}

extension ChannelConfiguration {
    /// Nothing is said of failures that are wanted.
    static var silent: ChannelConfiguration {
        ChannelConfiguration(connectTimeout: .seconds(60), logger: silentLogger)
    }
}

let silentLogger = Logger(label: "soak") { _ in SwiftLogNoOpLogHandler() }
