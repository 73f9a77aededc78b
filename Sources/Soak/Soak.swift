internal import SecureChannel
internal import Synchronization

/// Two servers of ours, a strange one, and a number of visitors at once that come to them.
struct Soak: Sendable {
    /// How many visitors are under way at a time.
    private let concurrency: Int
    private let seed: UInt64
    private let only: Visit?
    private let papers: Papers
    private let clientHello: [UInt8]

    /// How often the certificates are replaced, in visits.
    private static let visitsPerReplacement = 100

    /// - Parameter only: the one kind of visit to make; all of them in turns if nil.
    init(concurrency: Int = 16, seed: UInt64 = 1, only: Visit? = nil) async throws {
        self.concurrency = concurrency
        self.seed = seed
        self.only = only
        let papers = try Papers()
        self.papers = papers
        clientHello = try await recordClientHello { port in
            _ = try? await openChannel(.tls("127.0.0.1", port, papers.client))
        }
    }

    /// Makes the visits with these numbers, and shuts all servers down.
    func run(_ numbers: Range<Int>) async throws -> Tally {
        // Whoever has closed may still read: without a limit of its own such a channel keeps its open requests for 30 s.
        let quiet = ServerConfiguration(channel: ChannelConfiguration(drainTimeout: .seconds(1), logger: silentLogger))
        let server = try await startServer(
            .tls("127.0.0.1", 0, papers.server),
            configuration: quiet,
            onChannel: Self.serve
        )
        let impatient = try await startServer(
            .tls("127.0.0.1", 0, papers.impatientServer),
            configuration: quiet,
            onChannel: Self.serve
        )
        let strange = try await StrangeServer.start()
        let visitor = Visitor(
            papers: papers,
            clientHello: clientHello,
            port: server.address.port ?? 0,
            impatientPort: impatient.address.port ?? 0,
            strange: strange
        )
        let tally = await visits(numbers, by: visitor)
        await server.shutDown()
        await impatient.shutDown()
        await strange.close()
        return tally
    }

    private static func serve(_ channel: Channel) async throws {
        try await channel.serve { (content: Value) in
            // Until the channel goes, which cancels it. A sleep would be kept until its time is over, cancelled or not.
            if content == Visitor.neverAnswered {
                let (nothing, continuation) = AsyncStream.makeStream(of: Never.self)
                for await _ in nothing {}
                continuation.finish()
            }
            return content
        }
    }

    private func visits(_ numbers: Range<Int>, by visitor: Visitor) async -> Tally {
        let queue = VisitNumbers(numbers)
        return await withTaskGroup(of: Tally.self) { group in
            for _ in 0..<concurrency {
                group.addTask {
                    var tally = Tally()
                    while let number = queue.take() { await self.visit(number, by: visitor, &tally) }
                    return tally
                }
            }
            var sum = Tally()
            for await tally in group { sum.add(tally) }
            return sum
        }
    }

    private func visit(_ number: Int, by visitor: Visitor, _ tally: inout Tally) async {
        let visit = only ?? Visit(number: number)
        do {
            if number % Self.visitsPerReplacement == 0 {
                try papers.replaceCertificates(number / Self.visitsPerReplacement)
            }
            let isResumed = try await visitor.make(visit, number, VisitRandomness(seed: seed, number: number))
            tally.visits[visit, default: 0] += 1
            if isResumed { tally.resumed += 1 }
        } catch {
            tally.faults.append("visit \(number), \(visit): \(error)")
        }
    }
}

/// The visits that nobody has begun yet.
private final class VisitNumbers: Sendable {
    private let next: Atomic<Int>
    private let end: Int

    init(_ numbers: Range<Int>) {
        next = Atomic(numbers.lowerBound)
        end = numbers.upperBound
    }

    func take() -> Int? {
        let (number, _) = next.add(1, ordering: .relaxed)
        return number < end ? number : nil
    }
}
