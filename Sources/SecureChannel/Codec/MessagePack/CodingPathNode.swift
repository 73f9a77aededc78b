/// Keys below the value that is being decoded, as far as nested containers have gone down in it.
internal final class CodingPathNode {
    let key: any CodingKey
    let parent: CodingPathNode?

    init(key: any CodingKey, parent: CodingPathNode?) {
        self.key = key
        self.parent = parent
    }

    static func path(to node: CodingPathNode?) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var node = node
        while let current = node {
            path.append(current.key)
            node = current.parent
        }
        return path.reversed()
    }
}
