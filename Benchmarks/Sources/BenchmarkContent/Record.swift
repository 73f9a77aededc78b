public import Foundation

/// A message as users have them: eight fields of the usual kinds.
public struct Record: Codable, Equatable, Sendable {
    public var identifier: Int
    public var name: String
    public var comment: String
    public var quantity: Int
    public var price: Double
    public var weight: Double
    public var created: Date
    public var tags: [Int]

    public static let example = Record(
        identifier: 1_234_567,
        name: "Schraubenzieher",
        comment: "to be delivered before noon",
        quantity: 12,
        price: 19.95,
        weight: 0.35,
        created: Date(timeIntervalSince1970: 1_700_000_000.25),
        tags: [3, 14, 159, 2653]
    )
}
