internal import Synchronization

// How an element gets into a frame: in its place if the frame is at the output's end, else on a detour.

extension MessagePackAssembly.Reference {
    /// Appends an element of an array, or a pair of a map. No code but the codec's may run during `write`.
    @inline(__always)
    func append(_ write: (inout RawOutput) throws(MessagePackFault) -> Void) throws(MessagePackFault) {
        guard isOpen else { return try appendElsewhere(write) }
        let start = assembly.pointee.output.count
        do throws(MessagePackFault) {
            try write(&assembly.pointee.output)
        } catch {
            assembly.pointee.output.truncate(to: start)
            throw error
        }
        countElement()
    }

    /// Notes that an element has been written at the end of this frame, which is open.
    @inline(__always)
    func countElement() {
        assembly.pointee.frames[Int(index)].count += 1
    }

    @inline(never)
    private func appendElsewhere(
        _ write: (inout RawOutput) throws(MessagePackFault) -> Void
    ) throws(MessagePackFault) {
        guard isCurrent else { throw .staleContainer }
        let element = try assembly.pointee.begin(in: self)
        do throws(MessagePackFault) {
            try write(&assembly.pointee.output)
            assembly.pointee.end(element)
        } catch {
            assembly.pointee.cancel(element)
            throw error
        }
    }

    /// Appends an element by its own `encode(to:)`, or throws what that throws.
    ///
    /// - Parameter write: writes what stands before the element.
    func append<Content: Encodable>(
        _ value: Content,
        key: some CodingKey,
        _ write: (inout RawOutput) throws(MessagePackFault) -> Void = { _ in }
    ) throws {
        guard isCurrent else { throw MessagePackFault.staleContainer }
        let element = try assembly.pointee.begin(in: self)
        do {
            try write(&assembly.pointee.output)
            let scope = assembly.pointee.enter(assembly, parent: index, type: Content.self)
            assembly.pointee.noteKey(key)
            try value.encode(to: MessagePackEncoder(frame: scope.frame))
            try assembly.pointee.leave(scope)
            assembly.pointee.end(element)
        } catch {
            assembly.pointee.cancel(element)
            throw error
        }
    }

    /// Appends an element that is filled later. If that cannot be, the encoder made can write nothing.
    ///
    /// - Parameter write: writes what stands before the element.
    func appendNested(
        _ key: some CodingKey,
        as name: MessagePackWrittenKey? = nil,
        _ write: (inout RawOutput) throws(MessagePackFault) -> Void = { _ in }
    ) -> MessagePackEncoder {
        guard isCurrent else { return MessagePackEncoder(frame: nowhere) }
        let name = name.map { MessagePackAssembly.NestedName(parent: serial, $0) }
        if let name, let known = assembly.pointee.nested[name], assembly.pointee.index(of: known) != nil {
            return MessagePackEncoder(frame: known)
        }
        guard let element = try? assembly.pointee.begin(in: self) else { return MessagePackEncoder(frame: nowhere) }
        do throws(MessagePackFault) {
            try write(&assembly.pointee.output)
            let frame = assembly.pointee.openElement(in: self, element)
            if let name { assembly.pointee.nested[name] = frame }
            assembly.pointee.noteKey(key)
            return MessagePackEncoder(frame: frame)
        } catch {
            assembly.pointee.cancel(element)
            return MessagePackEncoder(frame: nowhere)
        }
    }

    /// Appends a frame's one value by its own `encode(to:)`.
    func appendSingle<Content: Encodable>(_ value: Content) throws {
        guard isCurrent else { throw MessagePackFault.staleContainer }
        let element = try assembly.pointee.beginSingle(in: self)
        do {
            let scope = assembly.pointee.enter(assembly, parent: index, type: Content.self)
            try value.encode(to: MessagePackEncoder(frame: scope.frame))
            try assembly.pointee.leave(scope)
            assembly.pointee.end(element)
        } catch {
            assembly.pointee.cancelSingle(element)
            throw error
        }
    }

    /// Appends the one value of a frame, instead of the empty map that it would otherwise be.
    func appendSingle(_ write: (inout RawOutput) throws(MessagePackFault) -> Void) throws(MessagePackFault) {
        guard isCurrent else { throw .staleContainer }
        let element = try assembly.pointee.beginSingle(in: self)
        do throws(MessagePackFault) {
            try write(&assembly.pointee.output)
            assembly.pointee.end(element)
        } catch {
            assembly.pointee.cancelSingle(element)
            throw error
        }
    }
}

extension MessagePackAssembly {
    /// Begins an element of an array or a map. It is then written to `output`.
    mutating func begin(in reference: Reference) throws(MessagePackFault) -> Element {
        if let misuse { throw misuse }
        guard let index = index(of: reference) else { throw .staleContainer }
        if frames[index].end == nil { closeDescendants(of: index) } else { reopen(index) }
        return Element(
            start: output.count,
            frame: index,
            savedTail: tail,
            savedScope: scope,
            frameCount: frames.count,
            keyCount: keys.count,
            detourCount: detours.count
        )
    }

    /// Begins the one value of a frame, instead of the empty map that it would otherwise be.
    mutating func beginSingle(in reference: Reference) throws(MessagePackFault) -> Element {
        if misuse == nil, let index = index(of: reference), frames[index].kind != .empty { throw .secondValue }
        var element = try begin(in: reference)
        frames[element.frame].kind = .single
        // On a detour that byte is left out when all is put in order.
        if !frames[element.frame].isDisplaced {
            output.truncate(to: element.start - 1)
            element.start -= 1
        }
        return element
    }

    /// Ends an element: it counts.
    mutating func end(_ element: Element) {
        frames[element.frame].count += 1
    }

    /// Takes back an element that could not be written; the frame is as before.
    mutating func cancel(_ element: Element) {
        removeFrames(from: element.frameCount, keysFrom: element.keyCount)
        if detours.count > element.detourCount { detours.removeSubrange(element.detourCount...) }
        tail = element.savedTail
        scope = element.savedScope
        misuse = nil
        noteOpenFrame()
        output.truncate(to: element.start)
    }

    /// Takes back a frame's one value; the frame is empty again.
    mutating func cancelSingle(_ element: Element) {
        cancel(element)
        if !frames[element.frame].isDisplaced { output.append(MessagePackFormat.fixMap) }
        frames[element.frame].kind = .empty
    }
}

// MARK: - What a frame knows

extension MessagePackAssembly.Reference {
    /// Notes that a key is about to be written. A dictionary has each of its keys once anyway.
    @inline(__always)
    func note<Key: CodingKey>(_ hash: @autoclosure () -> UInt64, of type: Key.Type) {
        guard ObjectIdentifier(Key.self) != StandardDictionaryKey.identifier, isCurrent,
            let index = assembly.pointee.index(of: self)
        else { return }
        assembly.pointee.noteWritten(hash(), in: index)
    }

    func note<Key: CodingKey>(_ key: MessagePackWrittenKey, of type: Key.Type) {
        note(key.filterHash, of: type)
    }

    /// The keys from the content's root to the frame; none if it exists no more.
    var codingPath: [any CodingKey] { isCurrent ? assembly.pointee.codingPath(of: self) : [] }

    /// How many elements the frame has; 0 if it exists no more.
    var count: Int { isCurrent ? assembly.pointee.frame(self)?.count ?? 0 : 0 }

    /// How many arrays and maps may still be nested in the frame.
    var remainingDepth: Int {
        isCurrent ? assembly.pointee.maximumDepth - (assembly.pointee.frame(self)?.depth ?? 0) : 0
    }

    /// The type of the value that the frame is for, if it exists and that is known.
    var type: Any.Type? { isCurrent ? assembly.pointee.frame(self)?.type : nil }

    var userInfo: [CodingUserInfoKey: any Sendable] { isCurrent ? assembly.pointee.userInfo : [:] }
}

extension MessagePackAssembly {
    private func codingPath(of reference: Reference) -> [any CodingKey] {
        var index = Int(reference.index)
        guard index >= 0, index < frames.count, frames[index].serial == reference.serial else { return [] }
        var path: [any CodingKey] = []
        while index >= 0 {
            if let key = frames[index].key { path.append(keys[Int(key)]) }
            index = Int(frames[index].parent)
        }
        return path.reversed()
    }

    private func frame(_ reference: Reference) -> Frame? {
        index(of: reference).map { frames[$0] }
    }

}
