import NIOCore
import NIOEmbedded
import TestCertificates
import Testing

@testable import OpenSSLTransport

@Suite("What a handshake shows beside what it agrees on")
struct PeerDetailsTests {
    @Test(
        "Both ends tell the other's chain, and a client what the server asked for",
        arguments: [TLSVersion.tls12, .tls13]
    )
    func mutual(version: TLSVersion) throws {
        try withOpenChannels(Parties(version: version, mutual: true)) { channels in
            let client = try #require(channels.client.handler?.peerDetails())
            #expect(client.sentChain.map(\.subject) == ["CN=localhost"])
            #expect(client.verifiedChain.map(\.subject) == ["CN=localhost", "CN=swift-secure-channel test authority"])
            #expect(client.fault == nil)
            #expect(client.expectedName == "localhost")
            #expect(client.isForExpectedName == true)
            #expect(client.isClientCertificateRequested)
            #expect(client.requestedAuthorities == ["CN=swift-secure-channel test authority"])
            #expect(client.ownCertificate?.subject == "CN=client")
            #expect(!client.hasTicket)

            let server = try #require(channels.server.handler?.peerDetails())
            #expect(server.sentChain.map(\.subject) == ["CN=client"])
            #expect(server.verifiedChain.map(\.subject) == ["CN=client", "CN=swift-secure-channel test authority"])
            #expect(server.expectedName == nil && server.isForExpectedName == nil)
            #expect(server.requestedAuthorities == [])
        }
    }

    @Test("A client that insists on nothing is told what it would have refused")
    func withoutVerification() throws {
        let pki = try CataloguePKI()
        let client = TLSConfiguration(trustRoots: pki.trust, serverName: "db1.example", verification: .dangerouslyNone)
        let server = try pki.server(TestAuthority(name: "stranger").issue(.server()))
        let channels = try BackToBackChannels(
            TLSHandler(client.context(for: .client), host: "localhost"),
            TLSHandler(server.context(for: .server), host: nil)
        )
        defer { channels.finish() }
        try channels.open()
        let details = try #require(channels.client.handler?.peerDetails())
        #expect(details.fault?.code == 20)
        #expect(details.fault?.depth == 0)
        #expect(details.expectedName == "db1.example")
        #expect(details.isForExpectedName == false)
        #expect(!details.isClientCertificateRequested)
        #expect(details.ownCertificate == nil)
    }

    @Test("There are none before the handshake is over, nor after the end")
    func none() throws {
        try withChannels { channels in
            try channels.connect()
            #expect(channels.client.handler?.peerDetails() == nil)
            #expect(channels.server.handler?.peerDetails() == nil)
            channels.shuttle()
            #expect(channels.client.handler?.peerDetails() != nil)
            channels.client.socket.deliverEnd(channels.client.channel)
            #expect(channels.client.handler?.peerDetails() == nil)
        }
    }
}
