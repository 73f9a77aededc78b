// Keys that are written twice: the last value counts, in the first one's place, as in JSON and in Python's dictionaries.

extension MessagePackAssembly {
    /// Under what an array or map that is filled later stands, and in which frame.
    struct NestedName: Hashable {
        var parent: UInt64
        var key: ByteString

        init(parent: UInt64, _ key: MessagePackWrittenKey) {
            self.parent = parent
            switch key {
            case .string(let name): self.key = ByteString(string: name)
            case .integer(let number): self.key = ByteString(integer: Int64(number))
            }
        }
    }

    /// Notes that a key is written into a map.
    @inline(__always)
    mutating func noteWritten(_ hash: UInt64, in index: Int) {
        if frames[index].writtenKeys.mayContain(hash) {
            frames[index].mayRepeat = true
            mayRepeatKeys = true
        } else {
            frames[index].writtenKeys.insert(hash)
        }
    }

    /// Leaves each key of the maps in a value that has ended there once.
    mutating func removeRepeatedKeys(from index: Int) {
        // Inner maps lie behind the headers of those around them, so that these are still where they were.
        let headers = (index..<frames.count).filter { frames[$0].mayRepeat && frames[$0].kind == .map }.map {
            frames[$0].header
        }
        for header in headers.sorted(by: >) { removeRepeatedKeys(at: header) }
    }

    private mutating func removeRepeatedKeys(at header: Int) {
        guard let entries = try? MessagePackInput(output.bytes).entries(at: header), let last = entries.last else {
            return
        }
        var positions: [[UInt8]: Int] = [:]
        var unique: [(key: Range<Int>, value: Range<Int>)] = []
        for entry in entries {
            let name = Array(output.bytes[entry.key])
            if let position = positions[name] {
                unique[position].value = entry.value
            } else {
                positions[name] = unique.count
                unique.append(entry)
            }
        }
        guard unique.count < entries.count else { return }
        var written = RawOutput(capacity: last.value.upperBound - header)
        defer { written.release() }
        try? written.appendMapHeader(count: unique.count)
        for (key, value) in unique {
            written.append(contentsOf: UnsafeRawBufferPointer(rebasing: output.bytes[key]))
            written.append(contentsOf: UnsafeRawBufferPointer(rebasing: output.bytes[value]))
        }
        let rest = Array(output.bytes[last.value.upperBound...])
        output.truncate(to: header)
        output.append(contentsOf: written.bytes)
        rest.withUnsafeBytes { output.append(contentsOf: $0) }
    }
}

extension MessagePackInput {
    /// Where a map's keys and values lie.
    fileprivate func entries(at start: Int) throws(MessagePackFault) -> [(key: Range<Int>, value: Range<Int>)] {
        var offset = start
        var entries: [(key: Range<Int>, value: Range<Int>)] = []
        for _ in 0..<(try readMapHeader(at: &offset)) {
            let key = offset
            try skip(at: &offset)
            let value = offset
            try skip(at: &offset)
            entries.append((key..<value, value..<offset))
        }
        return entries
    }
}
