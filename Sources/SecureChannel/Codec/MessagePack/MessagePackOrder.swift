/// Copies bytes into their order: what was written for a frame on detours follows what it has in its place, wherever it lies.
///
/// Detours lie within one another like the containers that they were made in, and each byte is copied once.
internal struct MessagePackOrder {
    private(set) var result: [UInt8] = []
    /// Where headers are in the result, by their frames' indices.
    private(set) var headers: [(frame: Int, position: Int)] = []
    private let bytes: UnsafeRawBufferPointer
    private var events: [Event] = []
    private var isSorted = true

    typealias Frame = MessagePackAssembly.Frame
    typealias Detour = MessagePackAssembly.Detour

    private struct Event {
        var position: Int
        var kind: Kind

        /// At one position, what is to be inserted comes first, that of inner frames before that of those around them; then
        /// what is to be passed over, the longest first.
        var order: (Int, Int, Int) {
            switch kind {
            case .place(let header, _): (position, 0, -header)
            case .detour(let end): (position, 1, -end)
            case .header: (position, 2, 0)
            }
        }
    }

    private enum Kind {
        /// The contents of a frame whose header is there end here, and go on on these detours.
        case place(header: Int, [Detour])
        /// What lies from here to `end` belongs elsewhere.
        case detour(end: Int)
        case header(Frame, index: Int)
    }

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        result.reserveCapacity(bytes.count)
    }

    /// - Parameter detours: in the order in which they ended; those of one frame then are in their order.
    mutating func add(_ detours: ArraySlice<Detour>, of frames: RawStack<Frame>) {
        for (frame, detours) in Dictionary(grouping: detours, by: \.frame) {
            events.append(Event(position: frames[frame].place, kind: .place(header: frames[frame].header, detours)))
        }
        for detour in detours { events.append(Event(position: detour.start, kind: .detour(end: detour.end))) }
        isSorted = false
    }

    /// Has a frame's header found in the result, and written anew if the frame has detours: its count may not be right yet.
    mutating func add(_ frame: Frame, at index: Int) {
        events.append(Event(position: frame.header, kind: .header(frame, index: index)))
        isSorted = false
    }

    /// Copies what lies between two positions, with what was added put in its place.
    mutating func copy(from start: Int, to end: Int) {
        if !isSorted {
            events.sort { $0.order < $1.order }
            isSorted = true
        }
        var position = start
        var passed = 0..<0
        var next = firstEvent(from: start)
        while next < events.count, events[next].position <= end {
            let event = events[next]
            next += 1
            switch event.kind {
            case .place(let header, let detours):
                // Of a frame that lies here, and not in what was just passed over or around all of this.
                guard header >= start, event.position != passed.upperBound || header < passed.lowerBound else {
                    continue
                }
                append(position..<event.position)
                position = event.position
                for detour in detours { copy(from: detour.start, to: detour.end) }
            case .detour(let detourEnd):
                guard event.position < end, event.position > start || detourEnd < end else { continue }
                append(position..<event.position)
                position = detourEnd
                passed = event.position..<detourEnd
                next = firstEvent(from: detourEnd)
            case .header(let frame, let index):
                guard event.position < end else { continue }
                append(position..<event.position)
                position = event.position
                headers.append((index, result.count))
                if frame.isDisplaced {
                    append(header: frame)
                    position += Int(frame.headerLength)
                }
            }
        }
        append(position..<end)
    }

    private func firstEvent(from position: Int) -> Int {
        var (low, high) = (0, events.count)
        while low < high {
            let middle = low + (high - low) / 2
            if events[middle].position < position { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func append(_ range: Range<Int>) {
        result.append(contentsOf: bytes[range])
    }

    private mutating func append(header frame: Frame) {
        guard frame.kind != .single else { return }
        let isMap = frame.kind != .array
        if frame.count < 16 {
            let format = isMap ? MessagePackFormat.fixMap : MessagePackFormat.fixArray
            result.append(format | UInt8(truncatingIfNeeded: frame.count))
        } else if let count = UInt16(exactly: frame.count) {
            result.append(isMap ? MessagePackFormat.map16 : MessagePackFormat.array16)
            withUnsafeBytes(of: count.bigEndian) { result.append(contentsOf: $0) }
        } else {
            result.append(isMap ? MessagePackFormat.map32 : MessagePackFormat.array32)
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: frame.count).bigEndian) { result.append(contentsOf: $0) }
        }
    }
}
