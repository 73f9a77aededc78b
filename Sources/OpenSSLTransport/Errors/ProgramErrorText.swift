/// What is told of an error that the program throws: what it says of itself, never what it stores.
package enum ProgramErrorText {
    /// Its own description, else its name.
    package static func of(_ error: any Error) -> String {
        if let error = error as? any CustomStringConvertible { return error.description }
        return name(of: error)
    }

    /// Its type's name and, of an enum, the case's.
    package static func name(of error: some Any) -> String {
        let mirror = Mirror(reflecting: error)
        let type = "\(Swift.type(of: error as Any))"
        guard mirror.displayStyle == .enum else { return type }
        if let label = mirror.children.first?.label { return "\(type).\(label)" }
        return mirror.children.isEmpty ? "\(type).\(error)" : type
    }
}
