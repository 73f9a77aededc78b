import Foundation
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("A client that is refused while it is sending")
struct RefusalTests {
    /// Python's ssl, which nobody here wrote. One that is not there fails the test under CI.
    private static let python = ProcessInfo.processInfo.environment["SECURE_CHANNEL_PYTHON"] ?? "python3"

    private static let script = """
        import socket, ssl, sys
        port, authority, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
        context = ssl.create_default_context(cafile=authority)
        for attempt in range(8):
            with socket.create_connection(("127.0.0.1", port)) as plain:
                try:
                    with context.wrap_socket(plain, server_hostname="localhost") as secure:
                        secure.sendall(b"x" * count)
                        secure.recv(1)
                        print("nothing", flush=True)
                except OSError as error:
                    print(getattr(error, "reason", None) or repr(error), flush=True)
        """

    @Test("It learns why, however much it sends before it looks", arguments: [1_000, 100_000, 1_000_000, 8_000_000])
    func reason(count: Int) async throws {
        // So long that no load makes it end too early.
        let limits = TLSConnectionLimits(lingerTimeout: .seconds(60))
        let server = try await LoopbackServer(Parties(mutual: true).server, limits: limits) { Echo() }
        let port = server.port
        try await withCertificateFiles { files in
            try await blocking {
                let client = try OpenSSLCommand(
                    ["-c", Self.script, "\(port)", files.authority, "\(count)"],
                    program: Self.python
                )
                let reasons = try client.finish().split(separator: "\n")
                #expect(reasons.count == 8)
                #expect(reasons.allSatisfy { $0 == "TLSV13_ALERT_CERTIFICATE_REQUIRED" }, "\(Set(reasons))")
            }
        }
        try await server.close()
    }
}
