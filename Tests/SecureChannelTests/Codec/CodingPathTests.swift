import Foundation
import SecureChannel
import Testing

/// Errors say where in the content it was.
@Suite struct CodingPathTests {
    static let arrays: [(value: Value, decode: @Sendable (Value, any Codec) throws -> Void)] = [
        ([1, "x"], { _ = try read([Int].self, $0, $1) }),
        ([1.5, "x"], { _ = try read([Double].self, $0, $1) }),
        (["a", 1], { _ = try read([String].self, $0, $1) }),
        ([1, 256], { _ = try read([UInt8].self, $0, $1) }),
        ([1, -1], { _ = try read(Data.self, $0, $1) }),
        ([1, 1.5], { _ = try read([Int8].self, $0, $1) }),
        ([true, .null], { _ = try read([Bool].self, $0, $1) }),
        ([["x": 1, "y": 2], ["x": 1]], { _ = try read([Point].self, $0, $1) }),
    ]

    private static func read<Content: Decodable>(_ type: Content.Type, _ value: Value, _ codec: any Codec) throws
        -> Content
    {
        try decoded(encoded(value, codec), codec, as: type)
    }

    private func path(_ body: () throws -> Void) -> [String]? {
        do {
            try body()
            return nil
        } catch let error as DecodingError {
            switch error {
            case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
                .valueNotFound(_, let context):
                return context.codingPath.map(\.stringValue)
            @unknown default: return nil
            }
        } catch let EncodingError.invalidValue(_, context) {
            return context.codingPath.map(\.stringValue)
        } catch {
            return nil
        }
    }

    @Test("A wrong element of an array is told with its index, in both codecs", arguments: arrays.indices)
    func elements(index: Int) {
        let (value, decode) = Self.arrays[index]
        for codec in [MessagePackCodec(), JSONCodec()] as [any Codec] {
            #expect(path { try decode(value, codec) } == ["Index 1"], "\(codec)")
        }
    }

    @Test("The index stands behind the keys that lead to the array")
    func nestedElements() {
        struct Row: Decodable { var cells: [Int], names: [String]? }
        for codec in [MessagePackCodec(), JSONCodec()] as [any Codec] {
            #expect(
                path { _ = try Self.read([Row].self, [["cells": [1]], ["cells": [1, 2, "x"]]], codec) }
                    == ["Index 1", "cells", "Index 2"]
            )
            #expect(
                path { _ = try Self.read([Row].self, [["cells": [1], "names": ["a", 1]]], codec) }
                    == ["Index 0", "names", "Index 1"]
            )
            #expect(path { _ = try Self.read([[Int]].self, [[1], [1, 2.5]], codec) } == ["Index 1", "Index 1"])
            #expect(path { _ = try Self.read([[Int]?].self, [[1], [1, 2.5]], codec) } == ["Index 1", "Index 1"])
        }
    }

    @Test("A number that JSON cannot write is told where it is, without a type's name in place of it")
    func nonFinite() throws {
        struct Sample: Encodable { var values: [Double], weight: Float }
        let cases: [(any Encodable & Sendable, [String])] = [
            (Double.nan, []), ([1, Double.infinity], ["Index 1"]), (["k": -Float.infinity], ["k"]),
            (["a": [.null, ["b": .double(.nan)]]] as Value, ["a", "Index 1", "b"]),
            (["v": [1, .double(.nan)] as Value], ["v", "Index 1"]),
            (["v": [1: .extension(type: 1, bytes: [])] as Value], ["v", "1"]),
            (Date(timeIntervalSince1970: .infinity), []), ([Date(timeIntervalSince1970: .nan)], ["Index 0"]),
        ]
        for (content, expected) in cases {
            #expect(path { _ = try encoded(content, .json) } == expected, "\(expected)")
            do {
                _ = try encoded(content, .json)
            } catch let EncodingError.invalidValue(value, context) {
                #expect(!"\(value)".contains("Type"))
                #expect(context.debugDescription.contains("JSON has no way"))
            }
        }
        #expect(path { _ = try encoded(Sample(values: [1, 2, .nan], weight: 1), .json) } == ["values", "Index 2"])
        #expect(path { _ = try encoded(Sample(values: [1], weight: .nan), .json) } == ["weight"])
        #expect(try encoded(Sample(values: [.nan], weight: 1), JSONCodec(allowsNonFinite: true)).count > 0)
    }

    @Test("Whoever encodes a number that JSON cannot write can encode another instead")
    func nonFiniteIsCaught() throws {
        struct Careful: Encodable {
            enum CodingKeys: CodingKey { case number, list }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                do {
                    try container.encode(Double.nan, forKey: .number)
                } catch is EncodingError {
                    try container.encodeNil(forKey: .number)
                }
                var list = container.nestedUnkeyedContainer(forKey: .list)
                do { try list.encode(Float.infinity) } catch is EncodingError { try list.encode("inf") }
            }
        }
        #expect(String(decoding: try encoded(Careful(), .json), as: UTF8.self) == #"{"number": null, "list": ["inf"]}"#)
    }
}
