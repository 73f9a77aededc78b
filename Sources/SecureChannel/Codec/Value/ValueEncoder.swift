#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// For whom values are made of Swift types, and Swift types of values.
internal enum ValueStyle {
    /// For MessagePack and for users: everything that ``Value`` can tell apart.
    case native
    /// For JSON: keys are strings, dates seconds since 1970, and binary may have become a base64 string.
    case json
}

extension Value {
    /// The value that `content` encodes to: what a peer that receives it by MessagePack finds.
    ///
    /// - Throws: `EncodingError`, or what `content` throws.
    public init(encoding content: some Encodable) throws {
        self = try ValueEncoder.encode(content, style: .native, maximumDepth: .max)
    }
}

/// Makes a ``Value`` of anything that is `Encodable`.
///
/// Every value that is begun is a node; a container adds nodes to its own, so containers may be filled in any order.
internal struct ValueEncoder: Encoder {
    let node: Node

    init(style: ValueStyle) {
        self.node = Node(style: style, maximumDepth: .max, allowsNonFinite: true, userInfo: [:])
    }

    init(node: Node) {
        self.node = node
    }

    static func encode(
        _ content: some Encodable,
        style: ValueStyle,
        maximumDepth: Int,
        allowsNonFinite: Bool = true,
        userInfo: [CodingUserInfoKey: any Sendable] = [:]
    ) throws -> Value {
        let node = Node(
            style: style,
            maximumDepth: maximumDepth,
            allowsNonFinite: allowsNonFinite,
            userInfo: userInfo
        )
        try node.encode(content)
        return try node.value()
    }

    var codingPath: [any CodingKey] { node.path }
    var userInfo: [CodingUserInfoKey: Any] { node.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        node.become(.map(Entries()))
        return KeyedEncodingContainer(KeyedContainer(node: node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        node.become(.array([]))
        return UnkeyedContainer(node: node)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleContainer(node: node)
    }
}

extension ValueEncoder {
    /// A value that is being made.
    final class Node {
        enum Contents {
            case none
            case value(Value)
            case array([Node])
            case map(Entries)
        }

        private(set) var contents = Contents.none
        let style: ValueStyle
        let remainingDepth: Int
        let allowsNonFinite: Bool
        let userInfo: [CodingUserInfoKey: any Sendable]
        private let parent: Node?
        private let key: (any CodingKey)?
        private var type: Any.Type?
        private var misuse: String?

        init(
            style: ValueStyle,
            maximumDepth: Int,
            allowsNonFinite: Bool,
            userInfo: [CodingUserInfoKey: any Sendable]
        ) {
            self.style = style
            self.allowsNonFinite = allowsNonFinite
            self.userInfo = userInfo
            self.remainingDepth = maximumDepth
            self.parent = nil
            self.key = nil
        }

        init(in parent: Node, key: (any CodingKey)?) {
            self.style = parent.style
            self.allowsNonFinite = parent.allowsNonFinite
            self.userInfo = parent.userInfo
            self.remainingDepth = parent.remainingDepth - (key == nil ? 0 : 1)
            self.parent = parent
            self.key = key
        }

        var path: [any CodingKey] {
            var path: [any CodingKey] = []
            var node: Node? = self
            while let current = node {
                if let key = current.key { path.append(key) }
                node = current.parent
            }
            return path.reversed()
        }

        var count: Int {
            switch contents {
            case .none, .value: 0
            case .array(let nodes): nodes.count
            case .map(let entries): entries.list.count
            }
        }

        func become(_ container: Contents) {
            switch (contents, container) {
            case (.none, _): contents = container
            case (.array, .array), (.map, .map): break
            default: misuse = "encode(to:) asked for containers of several kinds"
            }
            if remainingDepth < 1 { misuse = "arrays and maps are nested too deep" }
        }

        func append(_ node: Node) {
            guard case .array(var nodes) = contents else { return }
            contents = .none
            nodes.append(node)
            contents = .array(nodes)
        }

        func set<Key: CodingKey>(_ key: Key, to node: Node) {
            // Before anything is taken out, because it runs anybody's code.
            let name = name(of: key)
            guard case .map(var entries) = contents else { return }
            contents = .none
            // A dictionary has each of its keys once anyway.
            let isNew = ObjectIdentifier(Key.self) == StandardDictionaryKey.identifier
            entries.set(name, to: node, isNew: isNew)
            contents = .map(entries)
        }

        /// The node of a container that is filled later.
        func nested(_ key: some CodingKey) -> Node {
            let name = name(of: key)
            guard case .map(var entries) = contents else { return Node(in: self, key: key) }
            contents = .none
            let node = entries.nested(name) { Node(in: self, key: key) }
            contents = .map(entries)
            return node
        }

        private func name<Key: CodingKey>(of key: Key) -> Value {
            guard style == .native, let number = key.intValue else { return .string(key.stringValue) }
            // As for MessagePack: the standard library gives the string key "1" an integer too.
            let isMeant =
                ObjectIdentifier(Key.self) != StandardDictionaryKey.identifier
                || (type as? any DictionaryType.Type)?.hasStringKeys == false
            return isMeant ? .integer(Int64(number)) : .string(key.stringValue)
        }

        func set(_ value: Value) throws {
            guard case .none = contents else { throw secondValue }
            try check(value)
            contents = .value(value)
        }

        /// Sets an integer of more than 64 bits.
        func set<Integer: FixedWidthInteger>(wide integer: Integer) throws {
            if let value = Value(exactly: integer) { return try set(value) }
            guard style == .json else {
                throw invalid(Integer.self, MessagePackFault.integerTooWide.encodingDescription)
            }
            try set(.number(String(integer)))
        }

        func encode<Content: Encodable>(_ content: Content) throws {
            guard case .none = contents else { throw secondValue }
            type = Content.self
            do {
                if let value = try direct(content) {
                    try check(value)
                    contents = .value(value)
                } else {
                    try content.encode(to: ValueEncoder(node: self))
                }
            } catch {
                (contents, misuse) = (.none, nil)
                throw error
            }
        }

        private func direct<Content>(_ content: Content) throws -> Value? {
            switch content {
            case let value as Value: return value
            case let bytes as [UInt8] where Content.self == [UInt8].self: return .binary(bytes)
            case let data as Data: return .binary(Array(data))
            case let date as Date:
                if style == .json { return Value(secondsSince1970: date) }
                guard let timestamp = Timestamp(date) else { throw invalid(Date.self, "the date is out of range") }
                return .timestamp(seconds: timestamp.seconds, nanoseconds: timestamp.nanoseconds)
            case let url as URL: return .string(url.absoluteString)
            default: return nil
            }
        }

        /// The finished value. An encoder that nothing was written to stands for an empty map.
        func value() throws -> Value {
            if let misuse { throw invalid(type ?? Any.self, misuse) }
            switch contents {
            case .none: return .map([:])
            case .value(let value): return value
            case .array(let nodes): return .array(try nodes.map { try $0.value() })
            case .map(let entries):
                return .map(Value.Map(entries: try entries.list.map { ($0.key, try $0.node.value()) }))
            }
        }

        /// Tells of what JSON has no way to write where it is asked for, so that whoever does can do something else.
        private func check(_ value: Value) throws {
            guard style == .json else { return }
            let writer = JSONWriter(allowsNonFinite: allowsNonFinite, maximumDepth: .max)
            guard !writer.canWrite(value), let error = writer.error(in: value, at: path) else { return }
            throw error
        }

        private var secondValue: EncodingError {
            invalid(type ?? Any.self, "encode(to:) wrote a second value where there can be one")
        }

        private func invalid(_ type: Any.Type, _ description: String) -> EncodingError {
            .invalidValue(type, .init(codingPath: path, debugDescription: description))
        }
    }
}
