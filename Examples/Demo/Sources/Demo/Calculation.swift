/// A request's content: both ends share this type, and the codec does the rest.
struct Calculation: Codable, Sendable {
    var left: Int
    var operation: Operation
    /// The server asks for it where it is left out.
    var right: Int?

    enum Operation: String, Codable {
        case plus = "+"
        case times = "×"
        case dividedBy = "÷"
    }

    func result(right: Int) throws -> Int {
        switch operation {
        case .plus: return left + right
        case .times: return left * right
        case .dividedBy:
            guard right != 0 else { throw Refusal(description: "Nothing can be divided by zero.") }
            return left / right
        }
    }
}

/// What the server says when it cannot do what it was asked to. Its description travels; nothing else does.
struct Refusal: Error, CustomStringConvertible {
    var description: String
}
