extension MessagePackAssembly {
    /// Names a frame for as long as it exists; outlives it safely.
    struct Reference {
        let index: Int32
        let serial: UInt32

        static var none: Reference { Reference(index: -1, serial: 0) }
    }

    enum Kind {
        /// Nothing was written yet: the header byte stands for an empty map.
        case empty
        /// A value without frames of its own took the header's place.
        case single
        case array
        case map
    }

    struct Frame {
        var kind = Kind.empty
        var headerLength = 1
        /// Where the header begins.
        var header: Int
        /// Where the contents end, once something was written after them.
        var end: Int?
        /// Of elements, or of pairs of key and value.
        var count = 0
        /// Of arrays and maps around and including this.
        var depth: Int
        var parent: Int
        var serial: UInt32
        /// Under which key it stands in its parent, if it stands under one.
        var key: (any CodingKey)?
        /// The type of the value that this frame is for, where known.
        var type: Any.Type?
    }

    /// A value with a frame that is being encoded.
    struct Scope {
        let frame: Reference
        let outerScope: Int
        let outerTail: Int
    }

    /// An element that is being written.
    struct Element {
        var start: Int
        var frame: Int
        var isInPlace: Bool
        var savedTail: Int
        var savedScope: Int
        var frameCount: Int
    }
}
