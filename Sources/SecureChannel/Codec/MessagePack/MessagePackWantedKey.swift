/// A key that is looked for: a `CodingKey`'s string, or its integer if it has one.
internal struct MessagePackWantedKey {
    let name: MessagePackKeyName
    let number: Int64?

    func matches(_ key: MessagePackMapKey, in input: MessagePackInput) throws(MessagePackFault) -> Bool {
        switch key {
        case .string(var offset, let length): name.isSame(as: try input.readBytes(length, at: &offset))
        case .integer(let integer): integer == number
        case .other: false
        }
    }
}
