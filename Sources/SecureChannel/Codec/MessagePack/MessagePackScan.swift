/// Where the long arrays and maps of a content end, by where they begin.
///
/// To find what stands behind a value, a decoder has to walk through it. With nested containers each level would walk
/// through all below again; with the long ones remembered, a walk is shorter than `shortest` bytes.
internal struct MessagePackExtents {
    static let shortest = 1024

    fileprivate var ends: [Int: Int] = [:]

    var count: Int { ends.count }
}

extension MessagePackInput {
    /// Checks that the bytes are exactly one value, well formed and not nested too deep; strings' UTF-8 apart.
    ///
    /// All of a content goes through here before anything is decoded from it. What comes later may rely on lengths being
    /// true and on recursion along the nesting being bounded; it still checks bounds.
    func validate(maximumDepth: Int) throws(MessagePackFault) -> MessagePackExtents {
        guard UInt32(exactly: count) != nil else { throw .tooLarge }
        // Never more levels than bytes. 128 levels, the default, have room on the stack.
        let capacity = max(0, min(maximumDepth, count))
        let result = withUnsafeTemporaryAllocation(of: Level.self, capacity: capacity) { levels in
            do throws(MessagePackFault) {
                return Result<MessagePackExtents, MessagePackFault>.success(try validate(levels))
            } catch {
                return .failure(error == .tooDeep(limit: capacity) ? .tooDeep(limit: maximumDepth) : error)
            }
        }
        return try result.get()
    }

    /// An array or map that the walk is in.
    private struct Level {
        /// Where it begins.
        var start: UInt32
        /// How many values are still to come in what is around it.
        var remainingOutside: UInt32
    }

    private func validate(_ levels: UnsafeMutableBufferPointer<Level>) throws(MessagePackFault) -> MessagePackExtents {
        var extents = MessagePackExtents()
        var depth = 0
        // How many values are still to come on this level: never more than there are bytes.
        var remaining = 1
        var offset = 0
        while true {
            while remaining > 0 {
                remaining -= 1
                let start = offset
                let contained = try step(at: &offset)
                guard contained != Self.noContainer else { continue }
                guard depth < levels.count else { throw .tooDeep(limit: levels.count) }
                levels.initializeElement(
                    at: depth,
                    to: Level(
                        start: UInt32(truncatingIfNeeded: start),
                        remainingOutside: UInt32(truncatingIfNeeded: remaining)
                    )
                )
                depth += 1
                remaining = contained
            }
            guard depth > 0 else { break }
            depth -= 1
            let start = Int(levels[depth].start)
            remaining = Int(levels[depth].remainingOutside)
            if offset - start >= MessagePackExtents.shortest { extents.ends[start] = offset }
        }
        guard offset == count else { throw .trailingBytes }
        return extents
    }

    /// Moves the offset behind a value, or behind the header of an array or map; returns how many values that has inside.
    /// For a value that is neither, that is `noContainer`.
    @inline(__always)
    private func step(at offset: inout Int) throws(MessagePackFault) -> Int {
        let first = try byte(at: offset)
        if first < 0x80 || first >= 0xe0 {
            offset += 1
            return Self.noContainer
        }
        if first & 0xe0 == MessagePackFormat.fixString {
            offset += 1 + Int(first & 0x1f)
            guard offset <= count else { throw .truncated }
            return Self.noContainer
        }
        switch try readToken(at: &offset) {
        case .array(let count): return count
        case .map(let count): return 2 * count
        default: return Self.noContainer
        }
    }

    private static var noContainer: Int { -1 }

    /// Moves the offset behind one value of content that has been validated.
    func skip(at offset: inout Int, _ extents: MessagePackExtents) throws(MessagePackFault) {
        var remaining = 1
        while remaining > 0 {
            if !extents.ends.isEmpty, let end = extents.ends[offset] {
                offset = end
                remaining -= 1
                continue
            }
            remaining += max(0, try step(at: &offset)) - 1
        }
    }
}
