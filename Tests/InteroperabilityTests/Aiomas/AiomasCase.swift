import SecureChannel
import Testing

/// A role of aiomas's, and a way to it.
struct AiomasCase: Sendable, CustomTestStringConvertible {
    var role: Role
    var transport: Invitation.Transport

    static let all = Invitation.Transport.allCases.flatMap { transport in
        Role.allCases.map { AiomasCase(role: $0, transport: transport) }
    }

    var testDescription: String { "\(transport.rawValue), it \(role.rawValue)" }

    /// Brings aiomas and us together, over TLS with its own contexts, which speak TLS 1.2 only and authenticate both ends.
    func meet<Result: Sendable>(
        configuration: ChannelConfiguration = ChannelConfiguration(),
        _ body: @Sendable (Meeting) async throws -> Result
    ) async throws -> Result {
        let credentials = try Credentials.shared.get()
        return try await credentials.withDirectory { directory in
            try await Invitation(
                command: [Installed.python, Installed.script("aiomas_party.py")],
                arguments: transport == .tls ? ["--certificates", directory] : [],
                role: role,
                transport: transport,
                codec: .json,
                tls: credentials.tls(as: credentials.identity(against: role), minimumVersion: .tls12),
                configuration: configuration
            ).meet(body)
        }
    }
}
