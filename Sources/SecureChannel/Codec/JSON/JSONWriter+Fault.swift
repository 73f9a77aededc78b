extension JSONWriter {
    /// Whether JSON has a way to write a value, its depth apart.
    func canWrite(_ value: Value) -> Bool {
        switch value {
        case .double(let double): double.isFinite || allowsNonFinite
        case .extension: false
        case .number(let text): DecimalNumber(text) != nil
        case .array(let elements): elements.allSatisfy(canWrite)
        case .map(let map): map.allSatisfy { (try? name(of: $0.key)) != nil && canWrite($0.value) }
        default: true
        }
    }

    /// Why a value cannot be written, with the keys to the part of it that cannot; nil if there is none, its depth apart.
    ///
    /// In place of that part there is what kind of value it is, since errors are logged and contents must not be; a number
    /// that is not finite says nothing, and is given as it is.
    func error(in value: Value, at path: [any CodingKey]) -> EncodingError? {
        let fault: Fault
        switch value {
        case .double(let double):
            guard !double.isFinite, !allowsNonFinite else { return nil }
            return .invalidValue(
                double,
                .init(codingPath: path.printable, debugDescription: Fault.nonFinite.description)
            )
        case .extension:
            fault = .extension
        case .number(let text):
            guard DecimalNumber(text) == nil else { return nil }
            fault = .number
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                if let error = error(in: element, at: path + [IndexKey(index)]) { return error }
            }
            return nil
        case .map(let map):
            for (key, element) in map {
                let name: String
                do throws(Fault) {
                    name = try self.name(of: key)
                } catch {
                    return .invalidValue(
                        key.kind,
                        .init(codingPath: path.printable, debugDescription: error.description)
                    )
                }
                if let error = error(in: element, at: path + [NameKey(name)]) { return error }
            }
            return nil
        default:
            return nil
        }
        return .invalidValue(value.kind, .init(codingPath: path.printable, debugDescription: fault.description))
    }
}

extension JSONWriter.Fault: CustomStringConvertible {
    var description: String {
        switch self {
        case .nonFinite:
            "JSON has no way to write a number that is not finite; JSONCodec(allowsNonFinite: true) does it as Python"
        case .tooDeep(let limit): "arrays and objects are nested deeper than \(limit)"
        case .key: "a key in JSON has to be a string, a number, a boolean or null"
        case .number: "a Value.number is not a number as JSON writes it"
        case .extension: "JSON has no way to write a MessagePack extension"
        }
    }
}

/// An object's key, in coding paths.
private struct NameKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String) { self.stringValue = name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
}
