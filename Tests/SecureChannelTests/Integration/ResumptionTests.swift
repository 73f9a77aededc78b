import SecureChannel
import TestCertificates
import Testing

@Suite("Channels that resume a session", .timeLimit(.minutes(2)))
struct ResumptionTests {
    private func configurations(
        _ resumption: TLSConfiguration.Resumption
    ) throws -> (server: TLSConfiguration, client: TLSConfiguration) {
        let files = TestPKI.shared.files
        func configuration(_ identity: Identity) -> TLSConfiguration {
            TLSConfiguration(
                certificate: .pem(identity.chainPEM),
                privateKey: .pem(identity.privateKey.pem),
                trustRoots: .pem(files.authority.certificate.pem),
                serverName: "localhost",
                resumption: resumption
            )
        }
        return (configuration(files.server), configuration(files.client))
    }

    /// What both ends say of several channels, one after the other, with a call on each.
    private func isResumed(_ resumption: TLSConfiguration.Resumption) async throws -> [[Bool]] {
        let (server, client) = try configurations(resumption)
        return try await withServer(
            .tls("127.0.0.1", 0, server),
            onChannel: { channel in try await channel.serve { (_: Value) in channel.tls?.isResumed } }
        ) { server in
            var said: [[Bool]] = []
            for _ in 0..<3 {
                let both = try await withChannel(.tls("127.0.0.1", server.address.port ?? 0, client)) { channel in
                    let theirs: Bool = try await channel.send(Value.null)
                    #expect(channel.tls?.verifiedName == "localhost")
                    return [try #require(channel.tls).isResumed, theirs]
                }
                said.append(both)
            }
            return said
        }
    }

    @Test("With tickets the second channel to a server resumes the first one's session, and the third the second's")
    func tickets() async throws {
        #expect(try await isResumed(.tickets()) == [[false, false], [true, true], [true, true]])
    }

    @Test("Without, none does")
    func off() async throws {
        #expect(try await isResumed(.off) == [[false, false], [false, false], [false, false]])
    }
}
