internal import Foundation
@testable internal import SecureChannelCommand
internal import SecureChannel
internal import TestCertificates
internal import Testing

/// What an authority did wrong, and the words that mend it.
struct FaultyChain: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var says: [String]
    /// What would send a person the wrong way.
    var saysNot: [String] = []
    /// A server's identity, and what is trusted.
    var make: @Sendable () throws -> (Identity, trusted: [Certificate])

    /// A server's certificate below an authority that is changed.
    private static func below(
        _ change: (inout CertificateRequest) -> Void,
        _ server: (TestAuthority) throws -> Identity = { try $0.issue(.server()) }
    ) throws -> (Identity, trusted: [Certificate]) {
        var request = CertificateRequest(commonName: "authority", isAuthority: true)
        change(&request)
        let root = try Identity.selfSigned(request)
        return (try server(TestAuthority(signingAs: root)), [root.certificate])
    }

    private static func names(tag: UInt8, _ name: String) -> RawExtension {
        let name = Array(name.utf8)
        let count = UInt8(name.count)
        return RawExtension(
            objectIdentifier: "2.5.29.30",
            isCritical: true,
            value: [0x30, count + 6, tag, count + 4, 0x30, count + 2, 0x82, count] + name
        )
    }

    static let all: [FaultyChain] = [
        FaultyChain(
            testDescription: "names that are not permitted",
            says: ["may not sign for", "mend:  Have it issued for names that the authority's name constraints allow"]
        ) { try below { $0.additionalExtensions = [names(tag: 0xA0, "example")] } },
        FaultyChain(
            testDescription: "names that are excluded",
            says: ["may not sign for", "mend:  Have it issued for names that the authority's name constraints allow"]
        ) { try below { $0.additionalExtensions = [names(tag: 0xA1, "localhost")] } },
        FaultyChain(
            testDescription: "a path that is too long",
            says: ["path length", "issued by an authority nearer to the root, or the path length raised"]
        ) { try below({ $0.maximumPathLength = 0 }) { try $0.intermediate(name: "middle").issue(.server()) } },
        FaultyChain(
            testDescription: "a subject alternative name that cannot be read",
            says: ["cannot be read", "mend:  Have it issued anew, by a program that makes certificates as RFC 5280"],
            saysNot: ["with --authority"]
        ) {
            try below({ _ in }) {
                var request = CertificateRequest.server()
                request.alternativeNames = []
                request.additionalExtensions = [RawExtension(objectIdentifier: "2.5.29.17", value: [0x30, 0x05, 0x82])]
                return try $0.issue(request)
            }
        },
        FaultyChain(
            testDescription: "two authorities of one name",
            says: ["one has that name, but another key", "mend:  Two authorities have one name, or it was made anew"],
            saysNot: ["must send its intermediate", "trustRoots"]
        ) {
            (try TestAuthority(name: "twin").issue(.server()), [try TestAuthority(name: "twin").certificate])
        },
        FaultyChain(
            testDescription: "a root that has expired",
            says: ["has expired", "It is a root, not the server's own certificate", "with --authority"],
            saysNot: ["restart the server"]
        ) {
            let root = try TestAuthority(name: "old root", validity: .expired)
            return (try root.issue(.server()), [root.certificate])
        },
        FaultyChain(
            testDescription: "an unknown critical extension",
            says: ["critical extension", "mend:  Have it issued without"]
        ) {
            try below({ _ in }) {
                var request = CertificateRequest.server()
                request.additionalExtensions = [
                    RawExtension(objectIdentifier: "1.2.3.4", isCritical: true, value: [5, 0])
                ]
                return try $0.issue(request)
            }
        },
    ]
}

@Suite("The doctor, on chains that an authority made badly", .serialized)
struct DoctorChainTests {
    @Test("Each is told with what mends it, and once", arguments: FaultyChain.all)
    func faulty(chain: FaultyChain) async throws {
        let directory = try TemporaryDirectory()
        let (identity, trusted) = try chain.make()
        let authority = try directory.write(trusted.map(\.pem).joined(), to: "ca.pem")
        let certificate = try directory.write(identity.chainPEM, to: "server.pem")
        let key = try directory.write(identity.privateKey.pem, to: "server.key")
        let server = try await OpenSSLServer(["-cert", certificate, "-key", key, "-cert_chain", certificate])
        let outcome = try await Command.run(
            ["doctor", "tls://localhost:\(server.port)", "--authority", authority]
        )
        #expect(outcome.isExit && outcome.status == 4, "\(outcome)")
        for words in chain.says { #expect(outcome.output.contains(words), "\(words) is not in: \(outcome.output)") }
        for words in chain.saysNot { #expect(!outcome.output.contains(words), "\(words) is in: \(outcome.output)") }
        // By OpenSSL's code alone it would be told once more, in other words.
        #expect(!outcome.output.contains("' does not verify:"), "\(outcome.output)")
    }

    @Test("Every code of OpenSSL's has a mend, and those with a known cause have their own")
    func codes() {
        let general = Remedy.mend(ofChainFault: 1)
        #expect(!general.isEmpty)
        let own = [4, 6, 7, 13, 14, 22, 24, 25, 26, 32, 34, 37, 38, 40, 41, 47, 48, 49, 51, 52, 53, 66, 67, 68, 79]
        for code in own + Array(80...94) {
            #expect(Remedy.mend(ofChainFault: code) != general, "\(TLSError.Verification(code: code, depth: 0))")
        }
        for code in [47, 48, 53] { #expect(Remedy.mend(ofChainFault: code).contains("name constraints")) }
        #expect(Remedy.mend(ofChainFault: 25).contains("path length"))
        for code in 1...94 {
            let fault = Remedy(address: "tls://localhost:1").fault(
                TLSError(
                    Remedy.cause(ofChainFault: code),
                    phase: .handshake,
                    message: "it does not verify",
                    details: TLSError.Details(verification: TLSError.Verification(code: code, depth: 0))
                )
            )
            #expect(!fault.mend.isEmpty, "\(TLSError.Verification(code: code, depth: 0))")
        }
    }
}
