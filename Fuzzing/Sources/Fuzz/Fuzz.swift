internal import CLibFuzzer
internal import Foundation

/// One program for all targets: `Fuzz --list`, `Fuzz --seeds TARGET DIRECTORY`, or `Fuzz TARGET`, then libFuzzer's own
/// arguments. scripts/fuzz builds and calls it.
@main
struct Fuzz {
    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let first = arguments.first, first != "--list" else {
            for target in Target.allCases where !target.isHidden { print(target.rawValue) }
            return
        }
        if first == "--seeds", arguments.count == 3, let target = Target(rawValue: Array(arguments)[1]) {
            return try target.writeSeeds(to: URL(fileURLWithPath: Array(arguments)[2], isDirectory: true))
        }
        guard let target = Target(rawValue: first) else {
            FileHandle.standardError.write(Data("Fuzz: there is no target '\(first)'; --list lists them\n".utf8))
            exit(2)
        }
        chosen = target
        exit(run([CommandLine.arguments[0]] + arguments.dropFirst()))
    }

    private static func run(_ arguments: [String]) -> Int32 {
        var copies = arguments.map { strdup($0) } + [nil]
        var count = Int32(arguments.count)
        return copies.withUnsafeMutableBufferPointer { buffer in
            var start = buffer.baseAddress
            return LLVMFuzzerRunDriver(&count, &start) { data, size in
                chosen.run([UInt8](UnsafeBufferPointer(start: data, count: size)))
                return 0
            }
        }
    }
}

/// What libFuzzer's callback runs, which can capture nothing.
///
/// `nonisolated(unsafe)` because it is written once, by the only thread there is, before the callback is first called.
private nonisolated(unsafe) var chosen = Target.frames
