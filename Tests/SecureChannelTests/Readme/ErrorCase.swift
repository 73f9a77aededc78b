import SecureChannel
import TestCertificates

/// Mistakes with TLS that people make, and the errors that they get.
enum ErrorCase: String, CaseIterable {
    case noClientCertificate, foreignClient, foreignServer, wrongName, keyOfAnother, noRoots, missingFile, plainServer

    /// A part of the README's row.
    var landmark: String {
        switch self {
        case .noClientCertificate: "requires a client certificate"
        case .foreignClient: "rejected our certificate"
        case .foreignServer: "is signed by"
        case .wrongName: "is not for"
        case .keyOfAnother: "is for another key"
        case .noRoots: "no trust roots"
        case .missingFile: "does not exist"
        case .plainServer: "before it said anything"
        }
    }

    /// Makes the mistake, with the certificates in `directory` as the right ones.
    func text(_ directory: String) async -> String {
        func identity(
            _ role: String,
            of other: String? = nil,
            roots: String? = nil,
            name: String? = nil
        ) -> TLSConfiguration {
            TLSConfiguration(
                certificate: .file("\(directory)/\(role).pem"),
                privateKey: .file("\(directory)/\(other ?? role).key"),
                trustRoots: .file(roots ?? "\(directory)/ca.pem"),
                serverName: name
            )
        }
        do {
            switch self {
            case .noClientCertificate:
                try await call(identity("server"), TLSConfiguration(trustRoots: .file("\(directory)/ca.pem")))
            case .foreignClient:
                let stranger = TestPKI.shared.files.client
                let client = TLSConfiguration(
                    certificate: .pem(stranger.chainPEM),
                    privateKey: .pem(stranger.privateKey.pem),
                    trustRoots: .file("\(directory)/ca.pem")
                )
                try await call(identity("server"), client)
            case .foreignServer: try await call(identity("server"), TestPKI.shared.client)
            case .wrongName: try await call(identity("server"), identity("client", name: "db1.internal"))
            case .keyOfAnother: try await call(identity("server"), identity("client", of: "server"))
            case .missingFile: try await call(identity("server"), identity("client", roots: "\(directory)/nope.pem"))
            case .noRoots:
                let server = TLSConfiguration(
                    certificate: .file("\(directory)/server.pem"),
                    privateKey: .file("\(directory)/server.key"),
                    clientCertificates: .required
                )
                try await call(server, identity("client"))
            case .plainServer: try await call(nil, identity("client"))
            }
            return "no error at all"
        } catch {
            return "\(error)"
        }
    }

    private func call(_ serverTLS: TLSConfiguration?, _ clientTLS: TLSConfiguration) async throws {
        let address = serverTLS.map { Address.tls("localhost", 0, $0) } ?? .tcp("localhost", 0)
        try await withServer(address) { channel in
            try await channel.serve { (content: Value) in content }
        } _: { server in
            try await withChannel(.tls("localhost", server.address.port ?? 0, clientTLS)) { try await $0.send("hi") }
        }
    }
}
