// How what was written out of its place gets there: once for each value, when it ends, whatever was written in which order.

extension MessagePackAssembly {
    /// Bytes that were written for a frame behind its place.
    struct Detour {
        var frame: Int
        var start: Int
        var end: Int
    }

    /// Goes on with a frame that something was written behind.
    mutating func reopen(_ index: Int) {
        // The scope's own frame, which is around all of these, is always open.
        var outer = Int(frames[index].parent)
        while outer > scope, frames[outer].end != nil { outer = Int(frames[outer].parent) }
        closeDescendants(of: outer)
        if let end = frames[index].end { frames[index].place = end }
        frames[index].end = nil
        frames[index].detour = output.count
        tail = index
        noteOpenFrame()
    }

    mutating func endDetour(of index: Int) {
        let start = frames[index].detour
        if output.count > start { detours.append(Detour(frame: index, start: start, end: output.count)) }
        frames[index].end = frames[index].place
    }

    /// Adapts detours to bytes inserted at `offset`. Those behind it were ended last.
    mutating func moveDetours(from offset: Int, by distance: Int) {
        for index in detours.indices.reversed() {
            guard detours[index].end > offset else { return }
            if detours[index].start >= offset { detours[index].start += distance }
            detours[index].end += distance
        }
    }

    /// Puts in order what a value consists of: all from the header of its frame on.
    mutating func putInOrder(from index: Int, detoursFrom first: Int) {
        let start = frames[index].header
        var order = MessagePackOrder(output.bytes)
        order.add(detours[first...], of: frames)
        for other in index..<frames.count where frames[other].isDisplaced || frames[other].mayRepeat {
            order.add(frames[other], at: other)
        }
        order.copy(from: start, to: output.count)
        for (frame, position) in order.headers { frames[frame].header = start + position }
        output.truncate(to: start)
        order.result.withUnsafeBytes { output.append(contentsOf: $0) }
        detours.removeSubrange(first...)
    }
}
