import COpenSSL
import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Revocation lists")
struct RevocationTests {
    private let pki: CataloguePKI
    private let server: Identity
    private let client: Identity

    init() throws {
        self.pki = try CataloguePKI()
        self.server = try self.pki.authority.issue(Self.request(.server(), 0x51))
        self.client = try self.pki.authority.issue(Self.request(.client(), 0xC1))
    }

    private static func request(_ request: CertificateRequest, _ number: UInt8) -> CertificateRequest {
        var request = request
        request.serialNumber = [number]
        return request
    }

    private func serverConfiguration(
        _ lists: TLSConfiguration.RevocationLists? = nil,
        resumption: TLSConfiguration.Resumption = .off
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .identity(self.server),
            privateKey: .identity(self.server),
            trustRoots: self.pki.trust,
            revocationLists: lists,
            resumption: resumption
        )
    }

    private func clientConfiguration(
        _ lists: TLSConfiguration.RevocationLists? = nil,
        resumption: TLSConfiguration.Resumption = .off
    ) -> TLSConfiguration {
        TLSConfiguration(
            certificate: .identity(self.client),
            privateKey: .identity(self.client),
            trustRoots: self.pki.trust,
            revocationLists: lists,
            resumption: resumption
        )
    }

    @Test("A certificate that is on no list is taken, in PEM and in DER, by either side")
    func notRevoked() throws {
        let list = try RevocationList(by: self.pki.issuer, revoked: 0x01)
        for lists in [TLSConfiguration.RevocationLists.pem(list.pem), .der([list.der])] {
            let handshake = try MemoryHandshake(
                client: self.clientConfiguration(lists),
                server: self.serverConfiguration(lists.checking(.peer))
            )
            #expect(try handshake.client.get().isPeerVerified)
            #expect(try handshake.server.get().isPeerVerified)
        }
    }

    @Test("A server whose certificate is on the list is refused by a client, and hears why")
    func serverRevoked() throws {
        let list = try RevocationList(by: self.pki.issuer, revoked: 0x51)
        let handshake = try MemoryHandshake(
            client: self.clientConfiguration(.pem(list.pem)),
            server: self.serverConfiguration()
        )
        #expect(handshake.client.error?.cause == .certificateRevoked)
        #expect(handshake.server.error?.cause == .certificateRejectedByPeer(alert: 44))
    }

    @Test("So is a client by a server")
    func clientRevoked() throws {
        let list = try RevocationList(by: self.pki.issuer, revoked: 0xC1)
        let handshake = try MemoryHandshake(
            client: self.clientConfiguration(),
            server: self.serverConfiguration(.pem(list.pem))
        )
        #expect(handshake.server.error?.cause == .certificateRevoked)
    }

    @Test("A list that became out of date, is not valid yet or is another authority's says nothing: nobody is let in")
    func unknown() throws {
        let old = try RevocationList(by: self.pki.issuer, endsIn: 60)
        let early = try RevocationList(by: self.pki.issuer, beginsIn: -10)
        let other = try RevocationList(by: CataloguePKI().issuer, revoked: 1)
        for (list, clock, words) in [
            (old, 120, "is out of date"), (early, -60, "is not valid yet"),
            (other, 0, "is not signed by its issuer's key"),
        ] {
            for role in [TLSRole.client, .server] {
                let client = self.clientConfiguration(role == .client ? .pem(list.pem) : nil)
                let server = self.serverConfiguration(role == .server ? .pem(list.pem) : nil)
                let context = try role == .client ? client.context(for: .client) : server.context(for: .server)
                X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context.pointer), time(nil) + clock)
                let handshake = try MemoryHandshake(client: client, server: server)
                let error = role == .client ? handshake.client.error : handshake.server.error
                #expect(error?.cause == .revocationUnknown)
                #expect(error?.message.contains(words) == true, "\(String(describing: error))")
                // Nothing is wrong with the peer's certificate, so nothing is told of it.
                #expect(error?.alertSent == .certificateUnknown)
            }
        }
    }

    @Test("A list that is out of date, or not valid yet, is refused when it is loaded; a reload keeps the last one")
    func dates() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(RevocationList(by: self.pki.issuer).pem, "list.crl")
        let server = self.serverConfiguration(.file(path))
        _ = try MemoryHandshake(client: self.clientConfiguration(), server: server).server.get()
        for (list, words) in [
            (try RevocationList(by: self.pki.issuer, endsIn: -60), "is out of date: the next one was due on"),
            (try RevocationList(by: self.pki.issuer, beginsIn: 3_600), "is not valid yet: it is valid from"),
        ] {
            _ = try directory.write(list.pem, "list.crl")
            let anew = self.serverConfiguration(.file(path))
            for load in [{ _ = try server.reload() }, { try anew.validate(for: .server) }] {
                let error = #expect(throws: TLSError.self) { try load() }
                #expect(error?.cause == .revocationUnknown)
                #expect(error?.message.contains("the revocation lists file '\(path)' has a list that \(words)") == true)
                #expect(error?.message.contains("of 'CN=authority'") == true)
            }
            _ = try MemoryHandshake(client: self.clientConfiguration(), server: server).server.get()
        }
    }

    @Test("Lists are no trusted certificates, and not counted among them")
    func count() throws {
        let list = try RevocationList(by: self.pki.issuer)
        let stranger = try TestAuthority().issue(.server())
        let handshake = try MemoryHandshake(
            client: self.clientConfiguration(.pem(list.pem)),
            server: TLSConfiguration(certificate: .identity(stranger), privateKey: .identity(stranger))
        )
        #expect(handshake.client.error?.message.contains("the trusted certificates, 1 in number") == true)
    }

    @Test("A reload with a new list refuses who is on it, a session from before it notwithstanding")
    func reload() throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write(RevocationList(by: self.pki.issuer).pem, "list.crl")
        let server = self.serverConfiguration(.file(path), resumption: .tickets())
        let client = self.clientConfiguration(resumption: .tickets())
        #expect(try !MemoryHandshake(client: client, server: server).server.get().isResumed)
        #expect(try MemoryHandshake(client: client, server: server).server.get().isResumed)

        _ = try directory.write(RevocationList(by: self.pki.issuer, revoked: 0xC1).pem, "list.crl")
        #expect(server.filePaths.contains(path))
        #expect(try server.reload().changesTrust)
        #expect(try MemoryHandshake(client: client, server: server).server.error?.cause == .certificateRevoked)
    }

    @Test("What is no list, and lists where nobody is verified, are refused")
    func faults() throws {
        let certificate = self.server.certificate.pem
        let wrong = #expect(throws: TLSError.self) {
            try self.clientConfiguration(.pem(certificate)).validate(for: .client)
        }
        #expect(wrong?.cause == .wrongFileKind)
        #expect(wrong?.message.contains("holds a certificate, no revocation list") == true)
        #expect(wrong?.hint.contains("Name the list that the authority publishes") == true)
        let missing = #expect(throws: TLSError.self) {
            try self.clientConfiguration("/nowhere/list.crl").validate(for: .client)
        }
        #expect(missing?.cause == .fileUnreadable)
        let empty = #expect(throws: TLSError.self) { try self.clientConfiguration([]).validate(for: .client) }
        #expect(empty?.cause == .invalidConfiguration)
        let list = try RevocationList(by: self.pki.issuer)
        let unverified = #expect(throws: TLSError.self) {
            try TLSConfiguration(
                certificate: .identity(self.server),
                privateKey: .identity(self.server),
                revocationLists: .pem(list.pem)
            ).validate(for: .server)
        }
        #expect(unverified?.cause == .invalidConfiguration)
    }
}
