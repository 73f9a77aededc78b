// A channel's address holds its TLS configuration, so `import SecureChannel` alone must bring that type along.
@_exported public import OpenSSLTransport
