import Foundation
import Testing

/// Providers of OpenSSL that are no part of Debian 12, and what they need beside them.
enum NeededModule: String, Sendable {
    case pkcs11, fips

    /// Where `scripts/test` has unpacked them.
    static let directory = ProcessInfo.processInfo.environment["SECURE_CHANNEL_PROVIDERS"] ?? ""

    /// SoftHSM's module, where Debian, Fedora and Homebrew put it.
    static let softHSM = [
        "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so",
        "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    ].first { FileManager.default.fileExists(atPath: $0) }

    /// Has the module of FIPS check itself, as it must be before it is used, and gives back the file that says so.
    static func installFIPS(in directory: TemporaryDirectory) throws -> String {
        let section = directory.path + "/fipsmodule.cnf"
        _ = try openssl("fipsinstall", "-module", "\(self.directory)/fips.so", "-out", section)
        return section
    }

    /// Why its tests cannot run; nil if they can.
    var absence: String? {
        guard FileManager.default.fileExists(atPath: "\(Self.directory)/\(self.rawValue).so") else {
            return "there is no module \(self.rawValue).so; scripts/test unpacks it from Debian 13"
        }
        guard self == .pkcs11, Self.softHSM == nil else { return nil }
        return "there is no SoftHSM; install the package softhsm2"
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips a suite, and says why, where a module is missing. Under CI that is a failure.
    static func needs(_ module: NeededModule) -> Self {
        .enabled("needs the provider \(module.rawValue)") {
            guard let absence = module.absence else { return true }
            print("SKIPPED: the provider \(module.rawValue): \(absence)")
            if ProcessInfo.processInfo.environment["CI"] == "true" { throw MissingModule(absence: absence) }
            return false
        }
    }
}

/// What CI must have.
struct MissingModule: Error, CustomStringConvertible {
    var absence: String
    var description: String { "under CI nothing may be skipped: \(self.absence)" }
}
