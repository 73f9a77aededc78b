import NIOCore
import NIOEmbedded
import Testing

@testable import OpenSSLTransport

@Suite("The handler's handshake")
struct HandshakeTests {
    @Test(
        "Client and server agree and echo, however the bytes are cut",
        arguments: BackToBackChannels.Delivery.all,
        [TLSVersion.tls12, .tls13]
    )
    func echo(delivery: BackToBackChannels.Delivery, version: TLSVersion) throws {
        for mutual in [false, true] {
            try withChannels(Parties(version: version, mutual: mutual), delivery: delivery) { channels in
                try channels.open()
                #expect(channels.client.application.events == [.active, .handshakeCompleted])
                #expect(channels.server.application.events == [.active, .handshakeCompleted])
                #expect(channels.client.application.information?.version == version.description)
                #expect(channels.server.application.information?.version == version.description)

                channels.client.send("ohai")
                channels.shuttle()
                #expect(channels.server.received == "ohai")
                channels.server.send("hello back")
                channels.shuttle()
                #expect(channels.client.received == "hello back")
            }
        }
    }
}
