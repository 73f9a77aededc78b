internal import GRPCCore
internal import SwiftContract

extension GRPCClient {
    /// Calls ``EchoService``.
    func echo(_ content: [UInt8]) async throws -> [UInt8] {
        var options = CallOptions.defaults
        options.maxResponseMessageBytes = LoadOptions.sizeLimit
        return try await unary(
            request: ClientRequest(message: content),
            descriptor: EchoService.echo,
            serializer: BytesSerializer(),
            deserializer: BytesDeserializer(),
            options: options
        ) { try $0.message }
    }
}
