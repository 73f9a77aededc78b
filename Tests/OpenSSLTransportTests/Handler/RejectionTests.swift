import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("A client that the server rejects")
struct RejectionTests {
    @Test(
        "It learns why, although in TLS 1.3 it has finished its handshake before",
        arguments: [TLSVersion.tls12, .tls13]
    )
    func missingCertificate(version: TLSVersion) throws {
        try withChannels(Parties(version: version, mutual: true, clientHasCertificate: false)) { channels in
            channels.client.send([UInt8](repeating: 1, count: 60_000))
            try channels.connect()
            channels.shuttle()
            #expect(channels.server.error?.cause == .clientCertificateRequired)
            let alert: TLSAlert = version == .tls13 ? 116 : 40
            #expect(
                channels.client.error?.cause == .certificateRejectedByPeer(alert: alert)
                    || (version == .tls12 && channels.client.error != nil)
            )
            #expect(channels.client.application.events.contains(.handshakeCompleted) == (version == .tls13))
            #expect(channels.server.received.isEmpty)
        }
    }

    @Test("The server sends its alert, closes its output, and then waits for the client within limits")
    func lingering() throws {
        try withChannels(Parties(mutual: true, clientHasCertificate: false)) { channels in
            try channels.connect()
            channels.carry(from: channels.client, to: channels.server)
            channels.carry(from: channels.server, to: channels.client)
            channels.server.deliver(channels.client.takeWritten())
            #expect(channels.server.error?.cause == .clientCertificateRequired)
            #expect(channels.server.socket.outputIsClosed)
            #expect(channels.server.isOpen)
            #expect(channels.server.handler?.session == nil)
            channels.loop.advanceTime(by: .milliseconds(999))
            #expect(channels.server.isOpen)
            channels.loop.advanceTime(by: .milliseconds(1))
            #expect(!channels.server.isOpen)
        }
    }
}
