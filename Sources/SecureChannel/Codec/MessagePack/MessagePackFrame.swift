internal import Synchronization

extension MessagePackAssembly {
    enum Kind: UInt8 {
        /// Nothing was written yet: the header byte stands for an empty map.
        case empty
        /// A value without frames of its own took the header's place.
        case single
        case array
        case map
    }

    struct Frame: BitwiseCopyable {
        /// No other frame of this assembly ever has the same.
        var serial: UInt64
        /// Where the header begins.
        var header: Int
        /// Where the contents end that are in their place, once something was written after them.
        var end: Int?
        /// The same, of a frame that was gone on with after that, and -1 of others; see `MessagePackAssembly+Order.swift`.
        var place = -1
        /// Where that begins which is being written out of its place.
        var detour = -1
        /// Of elements, or of pairs of key and value.
        var count = 0
        var kind = Kind.empty
        var headerLength: UInt8 = 1
        /// Where in the assembly's keys there is that under which it stands in its parent, if it stands under one.
        var key: Int32?
        var parent: Int32
        /// Of arrays and maps around and including this.
        var depth: Int
        /// The type of the value that this frame is for, where known.
        var type: Any.Type?
        /// The keys of a map that has been written so far.
        var writtenKeys = MessagePackKeyFilter()
        /// Whether a key may have been written twice.
        var mayRepeat = false

        var isDisplaced: Bool { place >= 0 }
    }

    /// Names a frame for as long as it exists. It owns nothing, and outlives the frame safely: an assembly is never freed,
    /// and what has been written to it is told from what is written now by the serial.
    struct Reference: BitwiseCopyable {
        let assembly: UnsafeMutablePointer<MessagePackAssembly>
        let serial: UInt64
        let index: Int32

        /// Whether what this frame is a part of is being encoded still. It is asked before anything of the assembly is
        /// looked at, which may be at work for somebody else, even on another thread.
        @inline(__always)
        var isCurrent: Bool { serial >= assembly.pointee.firstSerial.load(ordering: .relaxed) }

        /// Whether the next element of this frame simply goes to the output's end.
        @inline(__always)
        var isOpen: Bool { serial == assembly.pointee.openSerial.load(ordering: .relaxed) }

        /// In place of a frame that could not be had: nothing can be written to it, as long as this frame is current.
        var nowhere: Reference {
            guard isCurrent else { return self }
            return Reference(
                assembly: assembly,
                serial: assembly.pointee.firstSerial.load(ordering: .relaxed),
                index: -1
            )
        }
    }

    /// A value with a frame that is being encoded.
    struct Scope {
        let frame: Reference
        let outerScope: Int
        let outerTail: Int
        let outerKeyCount: Int
        let outerDetourCount: Int
    }

    /// An element that is being written.
    struct Element {
        var start: Int
        var frame: Int
        var savedTail: Int
        var savedScope: Int
        var frameCount: Int
        var keyCount: Int
        var detourCount: Int
    }
}
