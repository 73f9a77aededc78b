import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Catalogue: chains with a fault that is easily taken for another", .tags(.catalogue))
struct ChainRows {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var cause: TLSError.Cause
        /// What is said where the fault is found.
        var words: [String]
        var alert: TLSAlert
        /// What is said where the certificate comes from.
        var wordsOfOwner: String
        /// The root that is trusted, and the identity below it.
        var make: @Sendable (_ request: CertificateRequest) throws -> (root: Identity, Identity)
    }

    /// A root, changed in one thing, and what it has issued.
    private static func below(
        _ request: CertificateRequest,
        root: (inout CertificateRequest) -> Void = { _ in }
    ) throws -> (root: Identity, Identity) {
        var rootRequest = CertificateRequest(commonName: "root", isAuthority: true)
        root(&rootRequest)
        let root = try Identity.selfSigned(rootRequest)
        return (root, try TestAuthority(signingAs: root).issue(request))
    }

    private static func alternativeNames(_ value: [UInt8]) -> RawExtension {
        RawExtension(objectIdentifier: "2.5.29.17", value: value)
    }

    /// permittedSubtrees (0) or excludedSubtrees (1): one DNS name (RFC 5280, section 4.2.1.10).
    private static func nameConstraints(_ tag: UInt8, _ name: String) -> RawExtension {
        let name = Array(name.utf8)
        let subtree = [0x30, UInt8(name.count + 2), 0x82, UInt8(name.count)] + name
        let subtrees = [0xA0 | tag, UInt8(subtree.count)] + subtree
        return RawExtension(
            objectIdentifier: "2.5.29.30",
            isCritical: true,
            value: [0x30, UInt8(subtrees.count)] + subtrees
        )
    }

    private static let localhost: [UInt8] = [0x30, 0x0B, 0x82, 0x09] + Array("localhost".utf8)
    private static let unknown = "it does not know the authority that signed it, or that one may not sign it"
    private static let unsaid = "or its authority may not sign for its names"
    private static let names = "is for names that an authority above it may not sign for"

    static let cases = [
        Case(
            testDescription: "alternative names that are none",
            cause: .certificateRejected,
            words: ["CN=faulty", "is broken: its extension 'X509v3 Subject Alternative Name' cannot be read"],
            alert: 48,
            wordsOfOwner: unknown
        ) { request in
            var request = request
            request.alternativeNames = []
            request.additionalExtensions = [Self.alternativeNames([1, 2, 3])]
            return try Self.below(request)
        },
        Case(
            testDescription: "alternative names that come twice",
            cause: .certificateRejected,
            words: ["CN=faulty", "is broken: its extension 'X509v3 Subject Alternative Name' comes twice", "anew"],
            alert: 48,
            wordsOfOwner: unknown
        ) { request in
            var request = request
            request.additionalExtensions = [Self.alternativeNames(Self.localhost)]
            return try Self.below(request)
        },
        Case(
            testDescription: "a broken root",
            cause: .certificateRejected,
            words: ["the trusted certificate of that name is broken: its extension", "the authority's certificate"],
            alert: 48,
            wordsOfOwner: unknown
        ) { try Self.below($0) { $0.additionalExtensions = [Self.alternativeNames([1, 2, 3])] } },
        Case(
            testDescription: "a root that has expired",
            cause: .certificateExpired,
            words: ["depth 1", "CN=root", "has expired"],
            alert: 45,
            wordsOfOwner: "'CN=root', which is above it, has expired: it was valid until"
        ) { try Self.below($0) { $0.validity = .expired } },
        Case(
            testDescription: "a root that is not valid yet",
            cause: .certificateNotYetValid,
            words: ["depth 1", "CN=root", "is not valid yet"],
            alert: 42,
            wordsOfOwner: "or one above it is (not valid yet"
        ) { try Self.below($0) { $0.validity = .notYet } },
        Case(
            testDescription: "too many authorities for a path length",
            cause: .certificateRejected,
            words: ["has more authorities below it than its path length allows", "nearer to the root"],
            alert: 48,
            wordsOfOwner: unknown
        ) { request in
            let (root, middle) = try Self.below(CertificateRequest(commonName: "middle", isAuthority: true)) {
                $0.maximumPathLength = 0
            }
            return (root, try TestAuthority(signingAs: middle).issue(request))
        },
        Case(
            testDescription: "more authorities than we take",
            cause: .certificateRejected,
            words: ["is too far from a trust root: more than 4 certificates"],
            alert: 48,
            wordsOfOwner: "how long chains may be there"
        ) { request in
            let root = try Identity.selfSigned(CertificateRequest(commonName: "root", isAuthority: true))
            var authority = TestAuthority(signingAs: root)
            for _ in 0..<6 { authority = try authority.intermediate() }
            return (root, try authority.issue(request))
        },
        Case(
            testDescription: "a name that is not permitted",
            cause: .certificateRejected,
            words: [names, "it is for [DNS:localhost]", "name constraints"],
            alert: 46,
            wordsOfOwner: unsaid
        ) { try Self.below($0) { $0.additionalExtensions = [Self.nameConstraints(0, "example")] } },
        Case(
            testDescription: "a name that is excluded",
            cause: .certificateRejected,
            words: [names, "it is for [DNS:localhost]", "name constraints"],
            alert: 46,
            wordsOfOwner: unsaid
        ) { try Self.below($0) { $0.additionalExtensions = [Self.nameConstraints(1, "localhost")] } },
        Case(
            testDescription: "a critical extension that nobody knows",
            cause: .certificateRejected,
            words: ["has a critical extension that OpenSSL does not know: 1.2.3.4"],
            alert: 46,
            wordsOfOwner: "it does not say why"
        ) { request in
            var request = request
            let unknown = RawExtension(objectIdentifier: "1.2.3.4", isCritical: true, value: [5, 0])
            request.additionalExtensions = [unknown]
            return try Self.below(request)
        },
        Case(
            testDescription: "two authorities of one name",
            cause: .unknownAuthority,
            words: ["'CN=root', which is none of the trusted certificates", "one has that name, but another key"],
            alert: 48,
            wordsOfOwner: unknown
        ) { request in
            let (root, _) = try Self.below(request)
            var identity = try Self.below(request).1
            identity.chain = [identity.certificate]
            return (root, identity)
        },
        Case(
            testDescription: "two roots of one name, one of them shown",
            cause: .unknownAuthority,
            words: ["chain ends in the root 'CN=root'", "one has that name, but another key"],
            alert: 48,
            wordsOfOwner: unknown
        ) { request in
            let (root, _) = try Self.below(request)
            return (root, try Self.below(request).1)
        },
    ]

    @Test("Each end says what it is, and nothing else", arguments: cases, [TLSRole.server, .client])
    func sentences(test: Case, faulty: TLSRole) throws {
        let (root, made) = try test.make(CataloguePKI.request(faulty == .server ? .server : .client))
        var identity = made
        identity.chain.removeAll { $0.der == root.certificate.der }
        let pki = try CataloguePKI()
        let (server, client) = (try pki.issue(.server(commonName: "honest")), try pki.issue(.client()))
        let trust = TLSConfiguration.TrustRoots.pem(root.certificate.pem + pki.issuer.certificate.pem)
        func configuration(_ identity: Identity) -> TLSConfiguration {
            TLSConfiguration(certificate: .identity(identity), privateKey: .identity(identity), trustRoots: trust)
        }
        let handshake = try MemoryHandshake(
            client: configuration(client),
            server: configuration(server),
            prepare: { client, server in try (faulty == .server ? server : client).present(identity) }
        )
        let (owner, finder) =
            faulty == .server
            ? (handshake.server.error, handshake.client.error) : (handshake.client.error, handshake.server.error)
        #expect(finder?.cause == test.cause)
        #expect(finder?.alertSent == test.alert)
        #expect(finder?.hint.isEmpty == false)
        let text = finder.map { "\($0)" } ?? ""
        for words in test.words { #expect(text.contains(words), "\(text)") }
        #expect(test.cause == .unknownAuthority || !text.contains("none of the trusted certificates"))
        #expect(owner?.cause == .certificateRejectedByPeer(alert: test.alert))
        #expect(owner.map { "\($0)" }?.contains(test.wordsOfOwner) == true, "\(owner.map { "\($0)" } ?? "")")
    }
}
