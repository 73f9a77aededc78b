import Foundation
import Testing

@testable import OpenSSLTransport

/// A PKCS#11 token in software (SoftHSM), which two parties that nobody here wrote make: softhsm2-util, and the provider
/// pkcs11 that opens it.
struct SoftwareToken {
    static let pin = "1-2-3-4-secret"

    let label: String
    private let directory: TemporaryDirectory

    /// SoftHSM reads its configuration when it is loaded, from where the environment says: so all tokens share one. The
    /// environment is changed once, before the module is loaded, and tests run one after the other: nobody reads it meanwhile.
    private static let home = Result {
        let directory = try TemporaryDirectory()
        let tokens = directory.path + "/tokens"
        try FileManager.default.createDirectory(atPath: tokens, withIntermediateDirectories: false)
        let configuration = "directories.tokendir = \(tokens)\nobjectstore.backend = file\nlog.level = ERROR\n"
        setenv("SOFTHSM2_CONF", try directory.write(configuration, "softhsm2.conf"), 1)
        return directory
    }

    init(_ label: String) throws {
        self.label = label
        self.directory = try Self.home.get()
        try self.softHSM("--init-token", "--free", "--label", label, "--so-pin", "5678", "--pin", Self.pin)
    }

    /// Puts a private key into the token, out of which it never comes again. Its name is `label`.
    func store(_ key: String, label: String, id: String) throws {
        let file = try self.directory.write(key, "key.pem")
        defer { try? FileManager.default.removeItem(atPath: file) }
        try self.softHSM(
            "--import",
            file,
            "--token",
            self.label,
            "--label",
            label,
            "--id",
            id,
            "--pin",
            Self.pin
        )
    }

    func uri(_ object: String) -> String { "pkcs11:token=\(self.label);object=\(object);type=private" }

    /// The providers by which the token can be reached, equal ones each time.
    ///
    /// - Parameters:
    ///   - list: Lines more for the file's list of providers.
    ///   - settings: Lines more for the section of pkcs11, which is the last.
    func providers(
        _ names: [String] = ["default", "pkcs11"],
        properties: String? = nil,
        list: String = "",
        settings: String = ""
    ) throws -> TLSConfiguration.Providers {
        let text = """
            openssl_conf = all
            [all]
            providers = list
            [list]
            pkcs11 = token
            \(list)
            [token]
            pkcs11-module-path = \(try #require(NeededModule.softHSM))
            \(settings)
            """
        let name = list.isEmpty && settings.isEmpty ? "token" : UUID().uuidString
        return TLSConfiguration.Providers(
            names,
            properties: properties,
            configurationFile: try self.directory.write(text, "\(name).cnf"),
            modulePath: NeededModule.directory
        )
    }

    private func softHSM(_ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["softhsm2-util"] + arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "softhsm2-util \(arguments.first ?? "")")
    }
}
