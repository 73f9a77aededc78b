/// Makes keyed containers for one type of keys.
///
/// A container's type is generic in its keys', so the runtime has to look the one up by the other whenever a container is
/// made, which takes as long as to write two fields. For a maker this has been done: its own type holds the container's.
internal class KeyedContainerMaker<Key: CodingKey> {
    func container(_ frame: MessagePackAssembly.Reference) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(MessagePackKeyedEncodingContainer(frame: frame))
    }

    func container(_ map: MessagePackMapReference) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(MessagePackKeyedDecodingContainer(map: map))
    }

    /// A maker whose type holds the containers' types.
    static func bound() -> KeyedContainerMaker {
        BoundContainerMaker<MessagePackKeyedEncodingContainer<Key>, MessagePackKeyedDecodingContainer<Key>>()
    }
}

private final class BoundContainerMaker<
    Encoding: EncodingContainerOfFrame,
    Decoding: DecodingContainerOfMap
>: KeyedContainerMaker<Encoding.Key> where Encoding.Key == Decoding.Key {
    override func container(_ frame: MessagePackAssembly.Reference) -> KeyedEncodingContainer<Encoding.Key> {
        KeyedEncodingContainer(Encoding(frame: frame))
    }

    override func container(_ map: MessagePackMapReference) -> KeyedDecodingContainer<Encoding.Key> {
        KeyedDecodingContainer(Decoding(map: map))
    }
}

private protocol EncodingContainerOfFrame: KeyedEncodingContainerProtocol {
    init(frame: MessagePackAssembly.Reference)
}

private protocol DecodingContainerOfMap: KeyedDecodingContainerProtocol {
    init(map: MessagePackMapReference)
}

extension MessagePackKeyedEncodingContainer: EncodingContainerOfFrame {}
extension MessagePackKeyedDecodingContainer: DecodingContainerOfMap {}
