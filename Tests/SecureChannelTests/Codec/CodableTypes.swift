import Foundation

struct Point: Codable, Hashable {
    var x: Int
    var y: Int
}

enum Shape: Codable, Equatable {
    case empty
    case circle(radius: Double)
    case polygon([Point])
}

enum Priority: Int, Codable {
    case low = 1
    case high = 200
}

struct Tree: Codable, Equatable {
    var value: Int
    var children: [Tree]
}

struct Report: Codable, Equatable {
    var name: String
    var number: Int
    var small: UInt8
    var ratio: Double
    var weight: Float
    var isDone: Bool
    var date: Date
    var payload: Data
    var missing: String?
    var present: String?
    var shape: Shape
    var tags: [String]
    var scores: [String: [Double]]
    var origin: Point
    var identifier: UUID
    var priority: Priority

    static let example = Report(
        name: "höß \"quoted\" 🙂",
        number: -123_456_789,
        small: 255,
        ratio: 1.0 / 3,
        weight: 0.1,
        isDone: true,
        date: Date(timeIntervalSince1970: 1_700_000_000.25),
        payload: Data((0...255).map { UInt8($0) }),
        missing: nil,
        present: "here",
        shape: .polygon([Point(x: 1, y: -1)]),
        tags: ["a", "", "c"],
        scores: ["one": [1, 2.5], "none": []],
        origin: Point(x: .max, y: .min),
        identifier: UUID(uuid: (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)),
        priority: .high
    )
}

/// Uses nested unkeyed containers.
struct Matrix: Codable, Equatable {
    var rows: [[Int]]

    init(rows: [[Int]]) {
        self.rows = rows
    }

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        rows = []
        while !container.isAtEnd {
            var row = try container.nestedUnkeyedContainer()
            var numbers: [Int] = []
            while !row.isAtEnd { numbers.append(try row.decode(Int.self)) }
            rows.append(numbers)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        for row in rows {
            var nested = container.nestedUnkeyedContainer()
            for number in row { try nested.encode(number) }
        }
    }
}

/// Hands its encoder on, so that the codec never sees the dictionary's type.
struct Forwarded: Codable, Equatable {
    var headers: [String: String]

    init(headers: [String: String]) {
        self.headers = headers
    }

    init(from decoder: any Decoder) throws {
        headers = try [String: String](from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        try headers.encode(to: encoder)
    }
}

struct IntegerKeyed: Codable, Equatable {
    var first: Int
    var second: String

    enum CodingKeys: Int, CodingKey {
        case first = 1
        case second = 2
    }
}

class Animal: Codable {
    var name: String

    init(name: String) {
        self.name = name
    }
}

/// Encodes its superclass's part under "super", or among its own keys.
final class Dog: Animal {
    var breed: String

    private enum CodingKeys: String, CodingKey {
        case breed
    }

    init(name: String, breed: String) {
        self.breed = breed
        super.init(name: name)
    }

    required init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        breed = try container.decode(String.self, forKey: .breed)
        try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try super.encode(to: container.superEncoder())
        try container.encode(breed, forKey: .breed)
    }
}

final class Cat: Animal {
    var lives: Int

    private enum CodingKeys: String, CodingKey {
        case lives
    }

    init(name: String, lives: Int) {
        self.lives = lives
        super.init(name: name)
    }

    required init(from decoder: any Decoder) throws {
        lives = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .lives)
        try super.init(from: decoder)
    }

    override func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(lives, forKey: .lives)
        try super.encode(to: encoder)
    }
}
