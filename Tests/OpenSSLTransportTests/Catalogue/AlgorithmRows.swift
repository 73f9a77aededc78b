import COpenSSL
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: algorithms that OpenSSL does not know", .tags(.catalogue))
struct AlgorithmRows {
    let pki: CataloguePKI

    init() throws { self.pki = try CataloguePKI() }

    @Test("36. A group or a signature algorithm that OpenSSL does not know is named")
    func unknownAlgorithms() throws {
        let context = try pki.client().context(for: .client)
        let version = String(cString: OpenSSL_version(OPENSSL_VERSION_STRING))
        try expect(
            #expect(throws: TLSError.self) { try context.use(groups: ["P-256", "X25520"]) },
            as: .client,
            Expectation(
                .invalidConfiguration,
                phase: .configuration,
                "OpenSSL \(version) knows no key exchange group 'X25520'",
                hint: "Check its spelling, X25519, P-256 or P-384 for example"
            )
        )
        try expect(
            #expect(throws: TLSError.self) { try context.use(signatureAlgorithms: ["ed25519", "ed25520"]) },
            as: .client,
            Expectation(
                .invalidConfiguration,
                phase: .configuration,
                "OpenSSL \(version) knows no signature algorithm 'ed25520'",
                hint: "Check its spelling, ecdsa_secp256r1_sha256"
            )
        )
        for names in [["P-256:P-384"], [""], ["P-256\0"]] {
            let error = #expect(throws: TLSError.self) { try context.use(groups: names) }
            #expect(error?.message.contains("knows no key exchange group") == true)
        }
        let error = #expect(throws: TLSError.self) { try context.use(groups: []) }
        #expect(error?.message == "the list of key exchange groups is empty")
    }
}
