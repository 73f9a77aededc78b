internal import ArgumentParser
internal import SecureChannel

/// The codecs by the names that `--codec` takes.
enum CodecName: String, CaseIterable, ExpressibleByArgument {
    case msgpack
    case json

    var codec: any Codec {
        switch self {
        case .msgpack: .messagePack
        case .json: .json
        }
    }
}
