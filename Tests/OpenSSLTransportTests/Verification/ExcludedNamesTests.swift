import COpenSSL
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Names that an authority may not issue certificates for")
struct ExcludedNamesTests {
    @Test(
        "A wildcard covers the names one label below it, and no others",
        arguments: [
            ("*.example.com", "bar.example.com", true), ("*.example.com", ".bar.example.com", true),
            ("*.EXAMPLE.com", "Bar.example.COM", true), ("*.example.com.", "bar.example.com", true),
            ("*.example.com", "bar.example.com.", true), ("b*.example.com", "bar.example.com", true),
            ("*.example.com", "a.bar.example.com", false), ("*.example.com", "bar.example.org", false),
            ("*.example.com", "barexample.com", false), ("bar.example.com", "foo.example.com", false),
            ("*.bar.example.com", "foo.example.com", false), ("*", "example", false), ("*.com", "", false),
            ("", "bar.example.com", false), ("*.com", "example.com", true),
        ]
    )
    func covers(_ wildcard: String, _ name: String, _ isCovered: Bool) {
        #expect(ExcludedNames([name]).areCovered(by: wildcard) == isCovered)
    }

    /// Name constraints with one DNS name that is excluded, or permitted.
    private static func constraint(_ name: String, isExcluded: Bool = true) -> RawExtension {
        let bytes = Array(name.utf8)
        let subtree: [UInt8] = [0x30, UInt8(bytes.count + 2), 0x82, UInt8(bytes.count)] + bytes
        let list = [isExcluded ? 0xA1 : 0xA0, UInt8(subtree.count)] + subtree
        return RawExtension(objectIdentifier: "2.5.29.30", isCritical: true, value: [0x30, UInt8(list.count)] + list)
    }

    /// A root, and below it an authority, either of which may be constrained; and what it issues for these names.
    private struct Chain {
        let root: Identity
        let middle: Identity

        init(root: [RawExtension] = [], middle: [RawExtension] = []) throws {
            var request = CertificateRequest(commonName: "root", isAuthority: true)
            request.additionalExtensions = root
            let top = try Identity.selfSigned(request)
            request = CertificateRequest(commonName: "middle", isAuthority: true)
            request.additionalExtensions = middle
            var made = try TestAuthority(signingAs: top).issue(request)
            made.chain.removeAll { $0.der == top.certificate.der }
            self.root = top
            self.middle = made
        }

        var trust: TLSConfiguration.TrustRoots { .pem(self.root.certificate.pem) }

        func issue(_ names: [String]) throws -> Identity {
            var request = CertificateRequest.server(commonName: "both", hosts: names)
            request.purposes = [.server, .client]
            var made = try TestAuthority(signingAs: self.middle).issue(request)
            made.chain.removeAll { $0.der == self.root.certificate.der }
            return made
        }
    }

    private func handshake(_ chain: Chain, _ names: [String], shownBy role: TLSRole) throws -> TLSError? {
        let shown = try chain.issue(names)
        let plain = try Chain()
        let honest = try plain.issue(["localhost"])
        func configuration(_ own: Identity, _ roots: TLSConfiguration.TrustRoots) -> TLSConfiguration {
            TLSConfiguration(certificate: .identity(own), privateKey: .identity(own), trustRoots: roots)
        }
        let handshake = try MemoryHandshake(
            client: role == .client ? configuration(shown, plain.trust) : configuration(honest, chain.trust),
            server: role == .server ? configuration(shown, plain.trust) : configuration(honest, chain.trust),
            host: role == .server ? "bar.example.com" : "localhost"
        )
        return role == .client ? handshake.server.error : handshake.client.error
    }

    @Test(
        "A wildcard for a name that an authority above is forbidden is refused, on both sides, wherever the authority stands",
        arguments: [TLSRole.client, .server]
    )
    func excluded(_ role: TLSRole) throws {
        let excluded = [Self.constraint("bar.example.com")]
        for chain in [try Chain(root: excluded), try Chain(middle: excluded)] {
            for names in [["*.example.com"], ["other.example.com", "*.Example.COM"], ["bar.example.com"]] {
                let error = try self.handshake(chain, names, shownBy: role)
                #expect(error?.cause == .certificateRejected)
                #expect(error?.verification == .init(code: Int(X509_V_ERR_EXCLUDED_VIOLATION), depth: 0))
                #expect(error?.message.contains("'CN=both'") == true)
            }
        }
    }

    @Test(
        "Other wildcards, other constraints and other names are taken as before",
        arguments: [TLSRole.client, .server]
    )
    func included(_ role: TLSRole) throws {
        let names = role == .server ? ["*.example.com"] : ["*.example.com", "other.example.com"]
        for extensions in [
            [], [Self.constraint("foo.bar.example.com")], [Self.constraint("example.org")],
            [Self.constraint("example.com", isExcluded: false)],
        ] {
            #expect(try self.handshake(Chain(middle: extensions), names, shownBy: role) == nil)
        }
    }
}
