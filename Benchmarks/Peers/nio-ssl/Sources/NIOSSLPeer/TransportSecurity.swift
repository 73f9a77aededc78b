internal import NIOSSL
internal import SwiftContract

// Of TLS 1.3's cipher suites BoringSSL lets nobody choose: its server takes the client's first. Its client puts
// TLS_AES_128_GCM_SHA256 first where there are instructions for AES. Nor can session tickets be turned off.

/// TLS 1.3 alone, and certificates of clients if there is somebody to verify them with.
func makeServerContext(_ options: ServeOptions) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: try NIOSSLCertificate.fromPEMFile(options.certificate).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(file: options.privateKey, format: .pem))
    )
    configuration.minimumTLSVersion = .tlsv13
    if let trustRoots = options.trustRoots {
        configuration.trustRoots = .file(trustRoots)
        // Clients have no host name, but need a certificate.
        configuration.certificateVerification = .noHostnameVerification
    }
    return try NIOSSLContext(configuration: configuration)
}

/// TLS 1.3 alone, with the server's chain and name verified.
func makeClientContext(_ options: LoadOptions) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv13
    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(options.trustRoots))
    if let certificate = options.certificate, let privateKey = options.privateKey {
        configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
        configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem))
    }
    return try NIOSSLContext(configuration: configuration)
}
