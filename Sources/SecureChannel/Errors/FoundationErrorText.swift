#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Foundation's errors by domain and code alone: their descriptions have paths, URLs with their passwords, and the text that
/// could not be read.
enum FoundationErrorText {
    /// Nil for an error that is none of Foundation's.
    static func of(_ error: any Error) -> String? {
        // Without all of Foundation these two do not know their domains; with it, `as` takes any `NSError` for the first.
        if type(of: error) == CocoaError.self, let error = error as? CocoaError {
            return "NSCocoaErrorDomain error \(error.code.rawValue)"
        }
        if type(of: error) == POSIXError.self, let error = error as? POSIXError {
            return "NSPOSIXErrorDomain error \(error.code.rawValue)"
        }
        return isOfFoundation(error) ? "\(error._domain) error \(error._code)" : nil
    }

    /// By the module of its type, or of a class above it: to ask for `NSError` would need all of Foundation.
    private static func isOfFoundation(_ error: any Error) -> Bool {
        let type: Any.Type = Swift.type(of: error)
        if isOfFoundation(type) { return true }
        var ancestor: AnyClass? = (type as? AnyClass).flatMap(_getSuperclass)
        while let current = ancestor {
            if isOfFoundation(current) { return true }
            ancestor = _getSuperclass(current)
        }
        return false
    }

    private static func isOfFoundation(_ type: Any.Type) -> Bool {
        modules.contains(String(_typeName(type, qualified: true).prefix { $0 != "." }))
    }

    private static let modules: Set<String> = [
        "Foundation", "FoundationEssentials", "FoundationInternationalization", "FoundationNetworking", "FoundationXML",
        "__C",
    ]
}
