internal import ArgumentParser
internal import SecureChannel

extension Value {
    /// Reads content that was given as JSON on the command line.
    ///
    /// - Throws: `ValidationError`, with where it went wrong.
    init(argument: String) throws(ValidationError) {
        do {
            try self.init(json: argument)
        } catch let DecodingError.dataCorrupted(context) {
            throw ValidationError("The request is not JSON: \(context.debugDescription)")
        } catch {
            throw ValidationError("The request is not JSON: \(error)")
        }
    }
}
