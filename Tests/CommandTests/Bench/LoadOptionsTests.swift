internal import ArgumentParser
internal import Foundation
internal import SecureChannel
internal import Testing

@testable internal import SecureChannelCommand

@Suite("What the options of a load mean")
struct LoadOptionsTests {
    private func load(_ arguments: String...) throws -> Load {
        try LoadOptions.parse(arguments).load(in: .messagePack)
    }

    @Test("Without any it is one connection with one request of 64 bytes in flight, for 10 s after a short warm-up")
    func defaults() throws {
        let load = try load()
        #expect(load.content == .binary(Array(repeating: UInt8(ascii: "x"), count: 64)) && load.contentSize == 64)
        #expect(load.connections == 1 && load.inFlight == 1 && load.threads == 1 && load.rate == nil)
        #expect(load.warmUp == .milliseconds(500) && load.limit == LoadLimit(duration: .seconds(10)))
    }

    @Test("A number of requests replaces the duration and the warm-up, unless they are given, too")
    func requests() throws {
        let alone = try load("--requests", "5")
        #expect(alone.warmUp == .zero && alone.limit == LoadLimit(requests: 5))
        let beside = try load("--requests", "5", "--duration", "2m", "--warm-up", "1s")
        #expect(beside.warmUp == .seconds(1) && beside.limit == LoadLimit(requests: 5, duration: .seconds(120)))
    }

    @Test("With a rate there is room for 64 in flight on each connection, or as many as there may be")
    func rate() throws {
        #expect(try load("--rate", "2.5").rate == 2.5)
        #expect(try load("--rate", "5").inFlight == 64)
        #expect(try load("--rate", "5", "--in-flight", "2").inFlight == 2)
        #expect(try load("--rate", "5", "--connections", "65536").inFlight == 4)
    }

    @Test("There are as many threads as connections, and as processors at most")
    func threads() throws {
        #expect(try load("--connections", "65536").threads == ProcessInfo.processInfo.activeProcessorCount)
        #expect(try load("--connections", "3", "--threads", "9").threads == 3)
        #expect(try load("--connections", "9", "--threads", "3").threads == 3)
    }

    @Test("JSON content has its size in the codec")
    func content() throws {
        let load = try load("--content", "[1, \"two\"]")
        #expect(load.content == [1, "two"] && load.contentSize == 6)
        #expect(try LoadOptions.parse(["--content", "[1, \"two\"]"]).load(in: .json).contentSize == 10)
    }

    @Test("A budget gives out what it has, and without a limit there is no end")
    func budget() {
        let three = RequestBudget(3)
        #expect((0..<5).map { _ in three.take() } == [true, true, true, false, false])
        let unlimited = RequestBudget(nil)
        #expect((0..<5).allSatisfy { _ in unlimited.take() })
    }
}
