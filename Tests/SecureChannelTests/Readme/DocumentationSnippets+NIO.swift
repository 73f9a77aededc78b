// The examples that need NIO, whose Channel is another; see DocumentationSnippets.swift.

import NIOCore
import NIOPosix
import OpenSSLTransport

private func pipeline() throws -> ServerBootstrap {
    // DOCUMENTATION: begin
    let tls = TLSConfiguration(certificate: "server.pem", privateKey: "server.key", trustRoots: "ca.pem")
    try tls.validate(for: .server)
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .childChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(TLSHandler(server: tls))
            }
        }
    // DOCUMENTATION: end
    return bootstrap
}
