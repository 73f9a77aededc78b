import Foundation
import NIOCore
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("Stapling with the openssl command")
struct ForeignStaplingTests {
    /// An authority and a server's certificate in files, and what `openssl ocsp` says of it.
    private struct Files {
        let directory: TemporaryDirectory
        let authority: TestAuthority
        let server: Identity
        let authorityPath: String
        let serverPath: String
        let keyPath: String

        init() throws {
            self.directory = try TemporaryDirectory()
            let issuer = try Identity.selfSigned(CertificateRequest(commonName: "authority", isAuthority: true))
            self.authority = TestAuthority(signingAs: issuer)
            var request = CertificateRequest.server()
            request.serialNumber = [0x51]
            self.server = try self.authority.issue(request)
            self.authorityPath = try self.directory.write(issuer.certificate.pem, "authority.pem")
            _ = try self.directory.write(issuer.privateKey.pem, "authority.key")
            self.serverPath = try self.directory.write(self.server.certificate.pem, "server.pem")
            self.keyPath = try self.directory.write(self.server.privateKey.pem, "server.key")
        }

        /// - Parameter entry: what the authority's records begin with: valid, or revoked when.
        func response(_ entry: String) throws -> String {
            let index = try self.directory.write("\(entry)\t51\tunknown\t/CN=localhost\n", "index.txt")
            let path = "\(self.directory.path)/response.der"
            _ = try openssl(
                "ocsp",
                "-index",
                index,
                "-CA",
                self.authorityPath,
                "-rsigner",
                self.authorityPath,
                "-rkey",
                "\(self.directory.path)/authority.key",
                "-issuer",
                self.authorityPath,
                "-cert",
                self.serverPath,
                "-ndays",
                "1",
                "-respout",
                path,
                "-noverify"
            )
            return path
        }

        static let valid = "V\t491231235959Z\t"
        static let revoked = "R\t491231235959Z\t260101000000Z,keyCompromise"
    }

    @Test("s_client gets the response of 'openssl ocsp' that our server staples")
    func client() async throws {
        let files = try Files()
        let server = try await LoopbackServer(
            TLSConfiguration(
                certificate: .pem(files.server.certificate.pem),
                privateKey: .file(files.keyPath),
                trustRoots: .file(files.authorityPath),
                clientCertificates: TLSConfiguration.ClientCertificates.none,
                ocspResponse: .file(files.response(Files.valid))
            )
        ) { Echo() }
        let port = server.port
        try await blocking {
            let client = try OpenSSLCommand([
                "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", files.authorityPath, "-status",
            ])
            try client.expect("OCSP Response Status: successful")
            try client.expect("Cert Status: good")
            try client.say("Q\n")
            _ = try client.finish()
        }
        try await server.close()
    }

    @Test("Our client takes s_server's good response, and refuses its revoked certificate", arguments: [true, false])
    func server(isGood: Bool) async throws {
        let files = try Files()
        let response = try files.response(isGood ? Files.valid : Files.revoked)
        let (port, server) = try await blocking {
            let server = try OpenSSLCommand([
                "s_server", "-accept", "127.0.0.1:0", "-cert", files.serverPath, "-key", files.keyPath, "-status_file",
                response, "-rev",
            ])
            let line = try server.expect("ACCEPT 127.0.0.1:") + server.expect("\n")
            return (Int(line.drop { $0 != ":" }.filter(\.isNumber)) ?? 0, UncheckedBox(server))
        }
        let context = try TLSConfiguration(trustRoots: .file(files.authorityPath), ocspStapling: .required)
            .context(for: .client)
        let (news, continuation) = AsyncStream.makeStream(of: Reporter.News.self)
        let channel = try await LoopbackServer.connect(context, port: port) { Reporter(continuation) }
        var isComplete = false
        var failure: TLSError?
        for await item in news {
            if case .handshakeCompleted = item { isComplete = true }
            if case .error(let error) = item { failure = error as? TLSError }
            if isComplete || failure != nil { break }
        }
        #expect(isComplete == isGood)
        #expect(failure?.cause == (isGood ? nil : .certificateRevoked))
        try? await channel.close()
        server.value.terminate()
    }
}
