internal import Synchronization

/// A message under construction: its bytes, and which arrays and maps in them may still grow.
///
/// `Codable` never says how many elements will come, nor when a container is finished, and lets several be filled in turns.
/// So every value begins as a *frame* with one byte for its header. The header gets its count (and two or four more bytes,
/// if it needs them) when something is written after the frame. Almost always that is the end of it, and everything has
/// been written once, in its place. What is written into a frame after that goes to the end, too, on a *detour*; when the
/// value ends, all of it is put in order once.
///
/// It is reached through a pointer and not as a class's property, because each access to that would be checked at run time
/// for overlapping accesses. There are none: its methods never call out.
internal struct MessagePackAssembly: ~Copyable, CodingSession {
    var output: RawOutput
    private(set) var userInfo: [CodingUserInfoKey: any Sendable] = [:]
    private(set) var maximumDepth = 0

    var frames = RawStack<Frame>(capacity: Self.usualFrameCount)
    /// The keys that frames stand under in others.
    var keys: [any CodingKey] = []
    /// What was written out of its place, in the order in which it ended.
    var detours: [Detour] = []
    /// Maps and arrays that are filled later, by their parent and key: whoever asks twice gets the same one.
    var nested: [NestedName: Reference] = [:]
    /// Whether there may be a frame with repeated keys.
    var mayRepeatKeys = false
    /// The innermost open frame: what is written at the end belongs to it.
    var tail = -1
    /// The frame of the value that is being encoded now. Nothing outside it may be written to meanwhile.
    var scope = 0
    /// What was asked of a method that cannot throw and could not be done; thrown when the value ends.
    var misuse: MessagePackFault?
    private var lastSerial: UInt64 = 0
    let makers = KeyedContainerMakers()

    // The two by which a frame's reference is told to be valid; those of frames long gone may be compared with them on
    // another thread.
    /// Lower than that of every frame of what is being encoded; the largest number while nothing is.
    let firstSerial = Atomic<UInt64>(.max)
    /// The innermost open frame's if it may be written to as things are, or the largest number.
    let openSerial = Atomic<UInt64>(.max)

    var nextIdle: IdleSession<MessagePackAssembly>?

    private static var usualFrameCount: Int { 16 }
    private static var keptFrameCount: Int { 256 }

    init() {
        self.output = .none
    }

    var isSpent: Bool { false }

    /// Begins a message.
    mutating func begin(output: RawOutput, maximumDepth: Int, userInfo: [CodingUserInfoKey: any Sendable]) {
        self.output = output
        self.maximumDepth = maximumDepth
        if !userInfo.isEmpty { self.userInfo = userInfo }
        lastSerial += 1
        firstSerial.store(lastSerial, ordering: .relaxed)
    }

    /// Ends the message. Whatever encoders and containers survive it can write nothing more: the room that the output was
    /// given is no longer theirs.
    mutating func finish() -> RawOutput {
        firstSerial.store(.max, ordering: .relaxed)
        frames.pop(to: 0)
        frames.trim(to: Self.keptFrameCount)
        if !keys.isEmpty { keys = [] }
        if !detours.isEmpty { detours = [] }
        if !nested.isEmpty { nested = [:] }
        mayRepeatKeys = false
        if !userInfo.isEmpty { userInfo = [:] }
        tail = -1
        scope = 0
        misuse = nil
        noteOpenFrame()
        defer { output = .none }
        return output
    }
}

// MARK: - Frames

extension MessagePackAssembly {
    /// Begins a value with a frame, in the frame `parent` or, if that is -1, as the whole content.
    mutating func enter(
        _ assembly: UnsafeMutablePointer<MessagePackAssembly>,
        parent: Int32,
        type: Any.Type
    ) -> Scope {
        let outer = (scope: scope, tail: tail, keyCount: keys.count, detourCount: detours.count)
        output.append(MessagePackFormat.fixMap)
        let frame = pushFrame(assembly, header: output.count - 1, parent: parent, type: type)
        scope = Int(frame.index)
        return Scope(
            frame: frame,
            outerScope: outer.scope,
            outerTail: outer.tail,
            outerKeyCount: outer.keyCount,
            outerDetourCount: outer.detourCount
        )
    }

    /// Ends a value, and with it all frames inside.
    mutating func leave(_ ended: Scope) throws(MessagePackFault) {
        let index = Int(ended.frame.index)
        closeDescendants(of: index)
        close(index)
        if detours.count > ended.outerDetourCount { putInOrder(from: index, detoursFrom: ended.outerDetourCount) }
        if mayRepeatKeys { removeRepeatedKeys(from: index) }
        let misuse = misuse
        self.misuse = nil
        removeFrames(from: index, keysFrom: ended.outerKeyCount)
        scope = ended.outerScope
        tail = ended.outerTail
        noteOpenFrame()
        if let misuse { throw misuse }
    }

    /// Adds a frame as a finished element, to be filled later: for nested containers and super encoders.
    mutating func openElement(in parent: Reference, _ element: Element) -> Reference {
        output.append(MessagePackFormat.fixMap)
        end(element)
        return pushFrame(parent.assembly, header: output.count - 1, parent: parent.index, type: nil)
    }

    private mutating func pushFrame(
        _ assembly: UnsafeMutablePointer<MessagePackAssembly>,
        header: Int,
        parent: Int32,
        type: Any.Type?
    ) -> Reference {
        lastSerial += 1
        let index = frames.count
        frames.push(
            Frame(
                serial: lastSerial,
                header: header,
                end: nil,
                parent: parent,
                depth: parent >= 0 ? frames[Int(parent)].depth : 0,
                type: type
            )
        )
        tail = index
        noteOpenFrame()
        return Reference(assembly: assembly, serial: lastSerial, index: Int32(truncatingIfNeeded: index))
    }

    /// Notes under which key the frame that was begun last stands in its parent.
    @inline(__always)
    mutating func noteKey(_ key: some CodingKey) {
        frames[frames.count - 1].key = Int32(truncatingIfNeeded: keys.count)
        keys.append(key)
    }

    mutating func removeFrames(from index: Int, keysFrom keyIndex: Int) {
        frames.pop(to: index)
        while keys.count > keyIndex { keys.removeLast() }
    }

    /// To be called after every change of `tail` and `misuse`.
    @inline(__always)
    func noteOpenFrame() {
        openSerial.store(tail >= 0 && misuse == nil ? frames[tail].serial : .max, ordering: .relaxed)
    }

    private mutating func note(_ misuse: MessagePackFault) {
        if self.misuse == nil { self.misuse = misuse }
        noteOpenFrame()
    }

    /// Makes a frame an array or a map. Asking twice gives the same one.
    mutating func become(_ kind: Kind, _ reference: Reference) {
        guard let index = index(of: reference) else { return note(.staleContainer) }
        switch frames[index].kind {
        case kind:
            break
        case .empty:
            frames[index].kind = kind
            frames[index].depth += 1
            if kind == .array { output.replaceByte(at: frames[index].header, with: MessagePackFormat.fixArray) }
            if frames[index].depth > maximumDepth { note(.tooDeep(limit: maximumDepth)) }
        default:
            note(.otherKind)
        }
    }

    /// The frame's index, if it still exists and may be written to.
    @inline(__always)
    func index(of reference: Reference) -> Int? {
        let index = Int(reference.index)
        guard index >= scope, index < frames.count, frames[index].serial == reference.serial else { return nil }
        return index
    }

    mutating func closeDescendants(of index: Int) {
        guard tail > index else { return }
        while tail > index {
            close(tail)
            tail = Int(frames[tail].parent)
        }
        noteOpenFrame()
    }

    private mutating func close(_ index: Int) {
        guard frames[index].end == nil else { return }
        if frames[index].isDisplaced { return endDetour(of: index) }
        frames[index].end = output.count
        let count = frames[index].count
        if count < 16 {
            // Nothing has to move, and an empty array's or map's header is there already.
            guard count > 0, frames[index].kind == .map || frames[index].kind == .array else { return }
            let format = frames[index].kind == .map ? MessagePackFormat.fixMap : MessagePackFormat.fixArray
            output.replaceByte(at: frames[index].header, with: format | UInt8(truncatingIfNeeded: count))
        } else {
            updateHeader(of: index)
        }
    }

    /// Writes the frame's count into its header, for which what follows may have to make room.
    private mutating func updateHeader(of index: Int) {
        let frame = frames[index]
        guard frame.kind == .array || frame.kind == .map else { return }
        let isMap = frame.kind == .map
        let length = frame.count < 16 ? 1 : frame.count <= UInt16.max ? 3 : 5
        if length != frame.headerLength {
            let distance = length - Int(frame.headerLength)
            let offset = frame.header + Int(frame.headerLength)
            output.shift(from: offset, by: distance)
            moveFrames(from: offset, by: distance, adaptingFrom: index)
            moveDetours(from: offset, by: distance)
            frames[index].headerLength = UInt8(truncatingIfNeeded: length)
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

    /// Adapts frames to bytes inserted at `offset`, behind the header of the frame `first`, which is at the tail: what begins
    /// there is inside that frame, and was begun after it.
    private mutating func moveFrames(from offset: Int, by distance: Int, adaptingFrom first: Int) {
        for other in first..<frames.count {
            if frames[other].header >= offset { frames[other].header += distance }
            if let end = frames[other].end, end > offset { frames[other].end = end + distance }
            if frames[other].place > offset { frames[other].place += distance }
        }
    }
}
