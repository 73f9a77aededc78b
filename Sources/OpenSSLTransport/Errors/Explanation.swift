/// What an error will say: its cause, what happened, and what to do about it.
struct Explanation: Sendable {
    var cause: TLSError.Cause
    var message: String
    var hint: String

    init(_ cause: TLSError.Cause, _ message: String, _ hint: String = "") {
        self.cause = cause
        self.message = message
        self.hint = hint
    }
}
