/// Where the long arrays and maps of a content end, by where they begin; nil if there are none.
///
/// To find what stands behind a value, a decoder has to walk through it. With nested containers each level would walk
/// through all below again; with the long ones remembered, a walk is shorter than `shortestExtent` bytes.
internal typealias MessagePackExtents = [Int: Int]

extension MessagePackInput {
    private static var shortestExtent: Int { 1024 }

    /// Checks that the bytes are exactly one value, well formed and not nested too deep; strings' UTF-8 apart.
    ///
    /// All of a content goes through here before anything is decoded from it. What comes later may rely on lengths being
    /// true and on recursion along the nesting being bounded; it still checks bounds.
    func validate(maximumDepth: Int) throws(MessagePackFault) -> MessagePackExtents? {
        guard UInt32(exactly: count) != nil else { throw .tooLarge }
        let (end, contained) = try step(from: 0)
        if contained < 0 {
            try check(end)
            return nil
        }
        // Never more levels than bytes. 128 levels, the default, have room on the stack.
        let capacity = max(0, min(maximumDepth, count))
        var extents: MessagePackExtents?
        let fault: MessagePackFault? = withUnsafeTemporaryAllocation(of: Level.self, capacity: capacity) { levels in
            do throws(MessagePackFault) {
                extents = try validate(levels)
                return nil
            } catch {
                return error
            }
        }
        guard let fault else { return extents }
        throw fault == .tooDeep(limit: capacity) ? .tooDeep(limit: maximumDepth) : fault
    }

    /// An array or map that the walk is in.
    private struct Level {
        /// Where it begins.
        var start: UInt32
        /// How many values are still to come in what is around it.
        var remainingOutside: UInt32
    }

    private func validate(_ levels: UnsafeMutableBufferPointer<Level>) throws(MessagePackFault) -> MessagePackExtents? {
        guard let base else { throw .truncated }
        let lengths = MessagePackFormat.lengths.bytes
        var extents: MessagePackExtents?
        var depth = 0
        // How many values are still to come on this level: never more than there are bytes.
        var remaining = 1
        var offset = 0
        while true {
            while remaining != 0 {
                // Where a value ends may be behind the last byte. That is found out here, or at the end.
                guard offset < count else { throw .truncated }
                let length = Int(lengths[Int(base.load(fromByteOffset: offset, as: UInt8.self))])
                remaining &-= 1
                if length != 0 {
                    offset &+= length
                    continue
                }
                let start = offset
                let contained: Int
                (offset, contained) = try stepFar(from: start)
                guard contained >= 0 else { continue }
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
            if offset &- start >= Self.shortestExtent { Self.note(end: offset, of: start, in: &extents) }
        }
        try check(offset)
        return extents
    }

    /// Checks that the content ends there.
    @inline(__always)
    private func check(_ end: Int) throws(MessagePackFault) {
        guard end != count else { return }
        throw end < count ? .trailingBytes : .truncated
    }

    @inline(never)
    private static func note(end: Int, of start: Int, in extents: inout MessagePackExtents?) {
        if extents == nil { extents = [:] }
        extents?[start] = end
    }

    /// Where a value ends or, for an array or a map, its header; and how many values that has inside, or -1.
    ///
    /// The end may be behind the last byte. That is for the caller to find out.
    @inline(__always)
    private func step(from start: Int) throws(MessagePackFault) -> (end: Int, contained: Int) {
        let length = Int(MessagePackFormat.lengths.bytes[Int(try byte(at: start))])
        return length != 0 ? (start + length, -1) : try stepFar(from: start)
    }

    /// The same for values whose first byte does not say how long they are, and for arrays and maps.
    private func stepFar(from start: Int) throws(MessagePackFault) -> (end: Int, contained: Int) {
        var offset = start
        let first = try byte(at: start)
        switch first {
        case 0x80...0x8f: return (start + 1, try checked(2 * Int(first & 0x0f), per: 1, at: start + 1))
        case 0x90...0x9f: return (start + 1, try checked(Int(first & 0x0f), per: 1, at: start + 1))
        default: break
        }
        switch try readToken(at: &offset) {
        case .array(let count): return (offset, count)
        case .map(let count): return (offset, 2 * count)
        default: return (offset, -1)
        }
    }

    /// Whether an array or a map begins there.
    @inline(__always)
    private func isContainer(at offset: Int) -> Bool {
        guard let first = try? byte(at: offset) else { return false }
        return first & 0xe0 == MessagePackFormat.fixMap
            || first >= MessagePackFormat.array16 && first <= MessagePackFormat.map32
    }

    /// Moves the offset behind one value of content that has been validated.
    @inline(__always)
    func skip(at offset: inout Int) throws(MessagePackFault) {
        let length = Int(MessagePackFormat.lengths.bytes[Int(try byte(at: offset))])
        guard length == 0 else {
            guard count - offset >= length else { throw .truncated }
            offset += length
            return
        }
        try skipFar(at: &offset)
    }

    /// The same for values whose first byte does not say how long they are.
    @inline(never)
    private func skipFar(at offset: inout Int) throws(MessagePackFault) {
        if let extents, isContainer(at: offset), let known = extents.pointee[offset] {
            offset = known
            return
        }
        // If it is not among the long ones, nothing in it is.
        var end = offset
        var remaining = 1
        while remaining > 0 {
            let contained: Int
            (end, contained) = try step(from: end)
            remaining += max(0, contained) - 1
        }
        guard end <= count else { throw .truncated }
        offset = end
    }
}
