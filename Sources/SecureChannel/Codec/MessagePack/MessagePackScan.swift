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
        var extents = MessagePackExtents()
        // The containers that the walk is in: where each began, and how many values of it are still to come.
        var starts: [Int] = []
        var remaining: [Int] = []
        var offset = 0
        repeat {
            let start = offset
            let contained: Int?
            switch try readToken(at: &offset) {
            case .array(let count): contained = count
            case .map(let count): contained = 2 * count
            default: contained = nil
            }
            if let contained {
                guard starts.count < maximumDepth else { throw .tooDeep(limit: maximumDepth) }
                starts.append(start)
                remaining.append(contained)
            } else if let last = remaining.indices.last {
                remaining[last] -= 1
            }
            while let last = remaining.last, last == 0, let start = starts.popLast() {
                remaining.removeLast()
                if offset - start >= MessagePackExtents.shortest { extents.ends[start] = offset }
                if let outer = remaining.indices.last { remaining[outer] -= 1 }
            }
        } while !starts.isEmpty
        guard offset == count else { throw .trailingBytes }
        return extents
    }

    /// Moves the offset behind one value of content that has been validated.
    func skip(at offset: inout Int, _ extents: MessagePackExtents) throws(MessagePackFault) {
        var remaining = 1
        while remaining > 0 {
            if !extents.ends.isEmpty, let end = extents.ends[offset] {
                offset = end
                remaining -= 1
                continue
            }
            switch try readToken(at: &offset) {
            case .array(let count): remaining += count
            case .map(let count): remaining += 2 * count
            default: break
            }
            remaining -= 1
        }
    }
}
