import COpenSSL
import Foundation
import Synchronization
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("What revocation lists cost, and that they are always asked")
struct VerificationOrderTests {
    private let pki: CataloguePKI
    private let server: Identity
    private let client: Identity

    init() throws {
        self.pki = try CataloguePKI()
        self.server = try self.pki.issue(Self.request(.server(), 0x51))
        self.client = try self.pki.issue(Self.request(.client(), 0x52))
    }

    private static func request(_ request: CertificateRequest, _ number: UInt8) -> CertificateRequest {
        var request = request
        request.serialNumber = [number]
        return request
    }

    /// A handshake in which one side has lists, and the other one a certificate of its own choice.
    private struct Meeting {
        let client: TLSConfiguration
        let server: TLSConfiguration
        let judge: TLSRole

        func verdict() throws -> TLSError? {
            let handshake = try MemoryHandshake(client: self.client, server: self.server)
            return self.judge == .client ? handshake.client.error : handshake.server.error
        }

        /// In milliseconds of this thread, both sides together.
        func cost(of count: Int = 10) throws -> Double {
            let begin = Self.processorTime
            for _ in 0..<count { _ = try self.verdict() }
            return (Self.processorTime - begin) / Double(count)
        }

        private static var processorTime: Double {
            var now = timespec()
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
            return Double(now.tv_sec) * 1_000 + Double(now.tv_nsec) / 1_000_000
        }
    }

    /// - Parameters:
    ///   - judge: Who has the lists.
    ///   - chain: What the other side shows, in DER; by default what the authority has issued.
    private func meeting(
        _ judge: TLSRole,
        _ lists: TLSConfiguration.RevocationLists?,
        chain: [[UInt8]]? = nil,
        key: Identity? = nil,
        trust: TLSConfiguration.TrustRoots? = nil,
        pins: [TLSConfiguration.PublicKeyPin] = [],
        verifyPeer: (@Sendable (TLSPeerChain) throws -> Void)? = nil,
        approvePeer: (@Sendable (TLSPeerChain) async throws -> Void)? = nil
    ) -> Meeting {
        func configuration(_ role: TLSRole) -> TLSConfiguration {
            let identity = role == .client ? self.client : self.server
            if role != judge {
                let identity = key ?? identity
                return TLSConfiguration(
                    certificate: .der(chain ?? [identity.certificate.der]),
                    privateKey: .identity(identity),
                    trustRoots: self.pki.trust
                )
            }
            return TLSConfiguration(
                certificate: .identity(identity),
                privateKey: .identity(identity),
                trustRoots: trust ?? self.pki.trust,
                revocationLists: lists,
                publicKeyPins: pins,
                verifyPeer: verifyPeer,
                approvePeer: approvePeer
            )
        }
        return Meeting(client: configuration(.client), server: configuration(.server), judge: judge)
    }

    /// A certificate with the authority's name and key identifier, and a wrong signature.
    private func forged(_ judge: TLSRole) -> [UInt8] {
        var bytes = (judge == .server ? self.client : self.server).certificate.der
        bytes[bytes.count - 1] ^= 1
        return bytes
    }

    /// So long that to hash it takes ten times as long as a handshake.
    private static let bulk = RawExtension(
        objectIdentifier: "1.3.6.1.4.1.99999.2",
        value: [0x04, 0x83, 0x80, 0, 0] + [UInt8](repeating: 7, count: 8 << 20)
    )
    private static let forUsers = RawExtension(
        objectIdentifier: "2.5.29.28",
        isCritical: true,
        value: [0x30, 3, 0x81, 1, 0xFF]
    )

    @Test(
        "A forged or expired certificate is refused for that, before a list is looked at",
        arguments: [TLSRole.client, .server]
    )
    func order(_ judge: TLSRole) throws {
        // The list's own signature is wrong: whoever looks at it says so.
        var list = try RevocationList(by: self.pki.issuer).der
        list[list.count - 1] ^= 1
        let altered = try self.meeting(judge, .der([list])).verdict()
        #expect(altered?.cause == .revocationUnknown)
        #expect(altered?.message.contains("is not signed by its issuer's key") == true)
        #expect(altered?.hint.contains("another authority with the same name") == true)
        let forged = try self.meeting(judge, .der([list]), chain: [self.forged(judge)]).verdict()
        #expect(forged?.cause == .certificateRejected)
        #expect(forged?.verification == .init(code: Int(X509_V_ERR_CERT_SIGNATURE_FAILURE), depth: 0))

        let late = self.meeting(judge, .der([list]))
        let context = try (judge == .client ? late.client : late.server).context(for: judge)
        X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context.pointer), time(nil) + 500 * 86_400)
        #expect(try late.verdict()?.cause == .certificateExpired)
    }

    @Test(
        "A list of 8 MiB costs handshakes nothing, good ones, revoked ones and forged ones",
        arguments: [TLSRole.client, .server]
    )
    func cost(_ judge: TLSRole) throws {
        let revoked = judge == .client ? 0x51 : 0x52
        let forged = [self.forged(judge)]
        let (good, bad) = (self.meeting(judge, nil), self.meeting(judge, nil, chain: forged))
        let allowed = try max(good.cost(), bad.cost()) * 4
        let pin = TLSConfiguration.RevocationLists.der([
            try RevocationList(by: self.pki.issuer, extensions: [Self.bulk]).der
        ])
        for meeting in [self.meeting(judge, pin), self.meeting(judge, pin, chain: forged)] {
            try (judge == .client ? meeting.client : meeting.server).validate(for: judge)
            #expect(try meeting.cost() < allowed)
        }
        #expect(try self.meeting(judge, pin).verdict() == nil)
        let other = self.meeting(
            judge,
            .der([try RevocationList(by: self.pki.issuer, revoked: revoked, extensions: [Self.bulk]).der])
        )
        #expect(try other.verdict()?.cause == .certificateRevoked)
        #expect(try other.cost() < allowed)
        // One that is for some of its issuer's certificates alone, from the second handshake on.
        let scoped = self.meeting(
            judge,
            .der([try RevocationList(by: self.pki.issuer, extensions: [Self.bulk, Self.forUsers]).der]).checking(.peer)
        )
        #expect(try scoped.verdict() == nil)
        #expect(try scoped.cost() < allowed)
    }

    @Test("The same of an authority that is not trusted itself, from the second handshake on")
    func intermediate() throws {
        let middle = try self.pki.issue(CertificateRequest(commonName: "middle", isAuthority: true))
        let client = try TestAuthority(signingAs: middle).issue(Self.request(.client(), 0x53))
        let root = try RevocationList(by: self.pki.issuer)
        func meeting(revoked: Int) throws -> Meeting {
            let list = try RevocationList(by: middle, revoked: revoked, extensions: [Self.bulk])
            return self.meeting(
                .server,
                .der([root.der, list.der]),
                chain: [client.certificate.der, middle.certificate.der],
                key: client
            )
        }
        let allowed = try self.meeting(.server, nil).cost() * 4
        let good = try meeting(revoked: 1)
        #expect(try good.verdict() == nil)
        #expect(try good.cost() < allowed)
        let bad = try meeting(revoked: 0x53)
        for _ in 0..<2 { #expect(try bad.verdict()?.cause == .certificateRevoked) }
    }

    @Test("A list is sorted when it is loaded, whatever its order, and what is on it is found")
    func sorted() throws {
        let list = try RevocationList(by: self.pki.issuer, revoked: 0x52, others: 1_000)
        let meeting = self.meeting(.server, .der([list.der]))
        let context = try meeting.server.context(for: .server)
        let objects = try #require(X509_STORE_get0_objects(SSL_CTX_get_cert_store(context.pointer)))
        let lists = (0..<COpenSSL_stack_of_X509_OBJECT_count(objects)).compactMap {
            X509_OBJECT_get0_X509_CRL(COpenSSL_stack_of_X509_OBJECT_value(objects, $0))
        }
        #expect(lists.count == 1)
        #expect(OPENSSL_sk_is_sorted(X509_CRL_get_REVOKED(lists[0])) == 1)
        #expect(try meeting.verdict()?.cause == .certificateRevoked)
    }

    @Test(
        "Whatever else is asked of the peer, who is revoked or cannot be told is refused, each time",
        arguments: [TLSRole.client, .server]
    )
    func always(_ judge: TLSRole) throws {
        let asked = Mutex(0)
        let verify: @Sendable (TLSPeerChain) -> Void = { _ in asked.withLock { $0 += 1 } }
        let pin = try #require(self.pki.issuer.certificate.der.withUnsafeBytes { X509Certificate(der: $0) })
        let pins = [TLSConfiguration.PublicKeyPin(sha256: TLSPeerCertificate(pin.pointer, in: nil).sha256PublicKey)]
        let good = try RevocationList(by: self.pki.issuer, endsIn: 60)
        for scope in [TLSConfiguration.RevocationLists.Scope.peer, .wholeChain] {
            for (list, cause, later) in [
                (
                    try RevocationList(by: self.pki.issuer, revoked: judge == .client ? 0x51 : 0x52),
                    .certificateRevoked, 0
                ),
                (try RevocationList(by: CataloguePKI().issuer), .revocationUnknown, 0),
                (try RevocationList(by: TestIssuer.other), .revocationUnknown, 0),
                (good, TLSError.Cause.revocationUnknown, 120),
            ] {
                let lists = TLSConfiguration.RevocationLists.der([list.der]).checking(scope)
                for meeting in [
                    self.meeting(judge, lists), self.meeting(judge, lists, verifyPeer: verify),
                    self.meeting(judge, lists, pins: pins), self.meeting(judge, lists, approvePeer: { verify($0) }),
                ] {
                    let context = try (judge == .client ? meeting.client : meeting.server).context(for: judge)
                    if later > 0 {
                        // It was good, and that is remembered; it gets out of date.
                        for _ in 0..<2 { #expect(try meeting.verdict() == nil) }
                        asked.withLock { $0 = 0 }
                        X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context.pointer), time(nil) + later)
                    }
                    for _ in 0..<2 { #expect(try meeting.verdict()?.cause == cause) }
                    #expect(asked.withLock { $0 } == 0)
                }
            }
        }
    }

    private enum TestIssuer {
        static var other: Identity {
            get throws { try .selfSigned(CertificateRequest(commonName: "another", isAuthority: true)) }
        }
    }

    @Test("What one authority has signed says nothing of another one's of the same name")
    func sameName() throws {
        let other = try CataloguePKI()
        let stranger = try other.issue(Self.request(.client(), 0x52))
        let lists = TLSConfiguration.RevocationLists.der([try RevocationList(by: self.pki.issuer).der]).checking(.peer)
        let trust: TLSConfiguration.TrustRoots = [self.pki.trust, other.trust]
        let ours = self.meeting(.server, lists, trust: trust)
        let theirs = Meeting(
            client: self.meeting(.server, nil, key: stranger).client,
            server: ours.server,
            judge: .server
        )
        for _ in 0..<2 {
            #expect(try ours.verdict() == nil)
            let error = try theirs.verdict()
            #expect(error?.cause == .revocationUnknown)
            #expect(error?.message.contains("list") == true, "\(String(describing: error))")
        }
    }

    @Test(
        "A list for some of its issuer's certificates counts for those alone, and that it was good for one is not for others"
    )
    func scopes() throws {
        let users = try RevocationList(by: self.pki.issuer, extensions: [Self.forUsers]).der
        let wholeChain = self.meeting(.server, .der([users]))
        let own = self.meeting(.server, .der([users]).checking(.peer))
        for _ in 0..<2 {
            // It says nothing of the authority itself.
            let error = try wholeChain.verdict()
            #expect(error?.cause == .revocationUnknown && error?.verification?.depth == 1)
            #expect(try own.verdict() == nil)
        }

        func place(_ name: String) -> [UInt8] {
            let bytes = Array(name.utf8)
            return [0xA0, UInt8(bytes.count + 4), 0xA0, UInt8(bytes.count + 2), 0x86, UInt8(bytes.count)] + bytes
        }
        func sequence(_ content: [UInt8]) -> [UInt8] { [0x30, UInt8(content.count)] + content }
        let scope = RawExtension(objectIdentifier: "2.5.29.28", isCritical: true, value: sequence(place("http://a/")))
        let list = try RevocationList(by: self.pki.issuer, extensions: [scope]).der
        func meeting(_ name: String, _ server: TLSConfiguration?) throws -> Meeting {
            var request = Self.request(.client(), 0x54)
            request.additionalExtensions = [
                RawExtension(objectIdentifier: "2.5.29.31", value: sequence(sequence(place(name))))
            ]
            let made = try self.meeting(.server, .der([list]).checking(.peer), key: self.pki.issue(request))
            return Meeting(client: made.client, server: server ?? made.server, judge: .server)
        }
        let here = try meeting("http://a/", nil)
        let elsewhere = try meeting("http://b/", here.server)
        let expected = try meeting("http://b/", nil).verdict()
        #expect(expected?.cause == .revocationUnknown)
        for _ in 0..<2 {
            #expect(try here.verdict() == nil)
            #expect(try elsewhere.verdict()?.verification == expected?.verification)
        }
    }
}
