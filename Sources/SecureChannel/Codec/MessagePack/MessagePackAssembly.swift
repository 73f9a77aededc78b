/// A message under construction: its bytes, and which arrays and maps in them may still grow.
///
/// `Codable` never says how many elements will come, nor when a container is finished, and lets several be filled in turns.
/// So every value begins as a *frame* with one byte for its header. The header gets its count (and two or four more bytes,
/// if it needs them) when something is written after the frame. Almost always that is the end of it, and everything has
/// been written once, in its place. Whoever writes into a frame after that pays for it: the element is written at the end
/// and then moved to where it belongs.
internal struct MessagePackAssembly {
    var output: RawOutput
    private(set) var frames: [Frame] = []
    /// The innermost open frame: what is written at the end belongs to it.
    private var tail = -1
    /// The frame of the value that is being encoded now. Nothing outside it may be written to meanwhile.
    private var scope = 0
    private var lastSerial: UInt32 = 0
    /// What was asked of a method that cannot throw and could not be done; thrown when the value ends.
    private var misuse: MessagePackFault?
    private let maximumDepth: Int

    init(output: RawOutput, maximumDepth: Int) {
        self.output = output
        self.maximumDepth = maximumDepth
    }
}

// MARK: - Frames

extension MessagePackAssembly {
    /// Begins a value with a frame, in the frame `parent` or as the whole content.
    mutating func enter(parent: Reference, key: (any CodingKey)?, type: Any.Type) -> Scope {
        let outer = (scope: scope, tail: tail)
        let header = output.count
        output.append(MessagePackFormat.fixMap)
        let frame = pushFrame(header: header, end: nil, parent: Int(parent.index), key: key, type: type)
        scope = Int(frame.index)
        return Scope(frame: frame, outerScope: outer.scope, outerTail: outer.tail)
    }

    /// Ends a value, and with it all frames inside.
    mutating func leave(_ ended: Scope) throws(MessagePackFault) {
        let index = Int(ended.frame.index)
        closeDescendants(of: index)
        close(index)
        frames.removeLast(frames.count - index)
        scope = ended.outerScope
        tail = ended.outerTail
        if let misuse {
            self.misuse = nil
            throw misuse
        }
    }

    /// Adds a frame as a finished element, to be filled later: for nested containers and super encoders.
    mutating func openElement(in parent: Reference, key: (any CodingKey)?, _ element: Element) throws(MessagePackFault)
        -> Reference
    {
        output.append(MessagePackFormat.fixMap)
        let header = try end(element) - 1
        return pushFrame(
            header: header,
            end: element.isInPlace ? nil : header + 1,
            parent: Int(parent.index),
            key: key,
            type: nil
        )
    }

    private mutating func pushFrame(
        header: Int,
        end: Int?,
        parent: Int,
        key: (any CodingKey)?,
        type: Any.Type?
    ) -> Reference {
        lastSerial &+= 1
        let depth = frames.indices.contains(parent) ? frames[parent].depth : 0
        frames.append(
            Frame(header: header, end: end, depth: depth, parent: parent, serial: lastSerial, key: key, type: type)
        )
        if end == nil { tail = frames.count - 1 }
        return Reference(index: Int32(frames.count - 1), serial: lastSerial)
    }

    /// Makes a frame an array or a map. Asking twice gives the same one.
    mutating func become(_ kind: Kind, _ reference: Reference) {
        guard let index = index(of: reference) else {
            misuse = misuse ?? .staleContainer
            return
        }
        switch frames[index].kind {
        case kind:
            break
        case .empty:
            frames[index].kind = kind
            frames[index].depth += 1
            if frames[index].depth > maximumDepth { misuse = misuse ?? .tooDeep(limit: maximumDepth) }
            if kind == .array { output.replaceByte(at: frames[index].header, with: MessagePackFormat.fixArray) }
        default:
            misuse = misuse ?? .otherKind
        }
    }

    /// The frame's index, if it still exists and may be written to.
    private func index(of reference: Reference) -> Int? {
        let index = Int(reference.index)
        guard index >= scope, index < frames.count, frames[index].serial == reference.serial else { return nil }
        return index
    }

    private mutating func closeDescendants(of index: Int) {
        while tail > index {
            close(tail)
            tail = frames[tail].parent
        }
    }

    private mutating func close(_ index: Int) {
        guard frames[index].end == nil else { return }
        frames[index].end = output.count
        updateHeader(of: index)
    }

    /// Writes the frame's count into its header, for which what follows may have to make room.
    private mutating func updateHeader(of index: Int) {
        let frame = frames[index]
        guard frame.kind == .array || frame.kind == .map else { return }
        let isMap = frame.kind == .map
        let length = frame.count < 16 ? 1 : frame.count <= UInt16.max ? 3 : 5
        if length != frame.headerLength {
            shift(from: frame.header + frame.headerLength, by: length - frame.headerLength, extending: index)
            frames[index].headerLength = length
        }
        switch length {
        case 1:
            let fix = isMap ? MessagePackFormat.fixMap : MessagePackFormat.fixArray
            output.replaceByte(at: frame.header, with: fix | UInt8(truncatingIfNeeded: frame.count))
        case 3:
            output.replaceByte(at: frame.header, with: isMap ? MessagePackFormat.map16 : MessagePackFormat.array16)
            output.replaceBytes(at: frame.header + 1, withBigEndian: UInt16(truncatingIfNeeded: frame.count))
        default:
            output.replaceByte(at: frame.header, with: isMap ? MessagePackFormat.map32 : MessagePackFormat.array32)
            output.replaceBytes(at: frame.header + 1, withBigEndian: UInt32(truncatingIfNeeded: frame.count))
        }
    }

    private mutating func shift(from offset: Int, by distance: Int, extending index: Int) {
        output.shift(from: offset, by: distance)
        moveFrames(from: offset, by: distance, extending: index)
    }

    /// Adapts the frames to bytes inserted at (or removed before) `offset`, which belong to the frame `index`.
    private mutating func moveFrames(from offset: Int, by distance: Int, extending index: Int) {
        for other in frames.indices {
            if frames[other].header >= offset { frames[other].header += distance }
            if let end = frames[other].end, end > offset || (end == offset && isSame(other, orAncestorOf: index)) {
                frames[other].end = end + distance
            }
        }
    }

    private func isSame(_ candidate: Int, orAncestorOf index: Int) -> Bool {
        var index = index
        while index > candidate { index = frames[index].parent }
        return index == candidate
    }
}

// MARK: - Elements

extension MessagePackAssembly {
    /// Begins an element of an array or a map, or the one value of a frame that is neither. It is then written to `output`.
    @inline(__always)
    mutating func begin(in reference: Reference) throws(MessagePackFault) -> Element {
        if let misuse { throw misuse }
        guard let index = index(of: reference) else { throw .staleContainer }
        if index != tail { return beginAway(from: index) }
        return element(of: index, isInPlace: true)
    }

    private mutating func beginAway(from index: Int) -> Element {
        let isInPlace = frames[index].end == nil
        if isInPlace { closeDescendants(of: index) }
        return element(of: index, isInPlace: isInPlace)
    }

    @inline(__always)
    private func element(of index: Int, isInPlace: Bool) -> Element {
        Element(
            start: output.count,
            frame: index,
            isInPlace: isInPlace,
            savedTail: tail,
            savedScope: scope,
            frameCount: frames.count
        )
    }

    /// Begins the one value of a frame, instead of the empty map that it would otherwise be.
    mutating func beginSingle(in reference: Reference) throws(MessagePackFault) -> Element {
        var element = try begin(in: reference)
        guard frames[element.frame].kind == .empty else { throw .secondValue }
        frames[element.frame].kind = .single
        if element.isInPlace {
            output.truncate(to: element.start - 1)
            element.start -= 1
        }
        return element
    }

    /// Ends an element: it is counted and in its place. Returns where it ends.
    @inline(__always)
    @discardableResult
    mutating func end(_ element: Element) throws(MessagePackFault) -> Int {
        frames[element.frame].count += 1
        return element.isInPlace ? output.count : try moveIntoPlace(element)
    }

    /// Ends the one value of a frame.
    mutating func endSingle(_ element: Element) throws(MessagePackFault) {
        try end(element)
        guard !element.isInPlace else { return }
        // The empty map's byte is still before it.
        let header = frames[element.frame].header
        shift(from: header + 1, by: -1, extending: element.frame)
    }

    /// Takes back an element that could not be written; the frame is as before.
    mutating func cancel(_ element: Element) {
        frames.removeLast(frames.count - element.frameCount)
        tail = element.savedTail
        scope = element.savedScope
        misuse = nil
        output.truncate(to: element.start)
    }

    /// Takes back a frame's one value; the frame is empty again.
    mutating func cancelSingle(_ element: Element) {
        cancel(element)
        if element.isInPlace { output.append(MessagePackFormat.fixMap) }
        frames[element.frame].kind = .empty
    }

    private mutating func moveIntoPlace(_ element: Element) throws(MessagePackFault) -> Int {
        tail = element.savedTail
        guard let position = frames[element.frame].end else { throw .staleContainer }
        let length = output.count - element.start
        output.moveTail(from: element.start, to: position)
        moveFrames(from: position, by: length, extending: element.frame)
        let before = frames[element.frame].headerLength
        updateHeader(of: element.frame)
        return position + length + frames[element.frame].headerLength - before
    }
}

// MARK: - Paths

extension MessagePackAssembly {
    /// The keys from the content's root to a frame.
    func codingPath(of reference: Reference) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var index = Int(reference.index)
        while frames.indices.contains(index) {
            if let key = frames[index].key { path.append(key) }
            index = frames[index].parent
        }
        return path.reversed()
    }

    /// How many elements the frame has; 0 if it exists no more.
    func count(of reference: Reference) -> Int {
        index(of: reference).map { frames[$0].count } ?? 0
    }

    /// How many arrays and maps may still be nested in a frame.
    func remainingDepth(in reference: Reference) -> Int {
        maximumDepth - (index(of: reference).map { frames[$0].depth } ?? 0)
    }

    /// The type of the value that a frame is for, if it exists and that is known.
    func type(of reference: Reference) -> Any.Type? {
        index(of: reference).flatMap { frames[$0].type }
    }
}

extension MessagePackAssembly {
    /// Ends the construction: nothing can be written from now on.
    mutating func abandonFrames() {
        frames = []
        tail = -1
    }
}
