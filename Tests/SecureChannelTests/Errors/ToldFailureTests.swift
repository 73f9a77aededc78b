import Foundation
import Logging
import Testing

@testable import SecureChannel

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif
#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Something that fails, with `secret` wherever it can be.
struct FailingCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the other side gets; nil for any domain and code.
    var told: String?
    let fail: @Sendable () async throws -> Void

    init(_ name: String, _ told: String? = nil, _ fail: @escaping @Sendable () async throws -> Void) {
        self.testDescription = name
        self.told = told
        self.fail = fail
    }

    static let secret = "hunter2"
}

private let secret = FailingCase.secret
private let missing = "/nonexistent/\(secret)/file"

private enum Colour: String, Codable { case red }
private final class Subclass: NSError, @unchecked Sendable {}
private final class Delegate: NSObject, XMLParserDelegate {}

extension FailingCase {
    static let files = [
        FailingCase("reading data", "NSCocoaErrorDomain error 260") {
            _ = try Data(contentsOf: URL(fileURLWithPath: missing))
        },
        FailingCase("reading a URL with a password") {
            _ = try Data(contentsOf: URL(string: "http://user:\(secret)@127.0.0.1:1/")!)
        },
        FailingCase("writing data") { try Data([1]).write(to: URL(fileURLWithPath: missing)) },
        FailingCase("writing data at once") {
            try Data([1]).write(to: URL(fileURLWithPath: missing), options: .atomic)
        },
        FailingCase("reading a text") { _ = try String(contentsOfFile: missing, encoding: .utf8) },
        FailingCase("writing a text") { try secret.write(toFile: missing, atomically: true, encoding: .utf8) },
        FailingCase("listing a folder") { _ = try FileManager.default.contentsOfDirectory(atPath: missing) },
        FailingCase("making a folder") {
            try FileManager.default.createDirectory(atPath: "/dev/null/\(secret)", withIntermediateDirectories: true)
        },
        FailingCase("removing") { try FileManager.default.removeItem(atPath: missing) },
        FailingCase("copying") { try FileManager.default.copyItem(atPath: missing, toPath: missing + "2") },
        FailingCase("moving") { try FileManager.default.moveItem(atPath: missing, toPath: missing + "2") },
        FailingCase("linking") { try FileManager.default.linkItem(atPath: missing, toPath: missing + "2") },
        FailingCase("following a link") { _ = try FileManager.default.destinationOfSymbolicLink(atPath: missing) },
        FailingCase("attributes") { _ = try FileManager.default.attributesOfItem(atPath: missing) },
        FailingCase("resource values") {
            _ = try URL(fileURLWithPath: missing).resourceValues(forKeys: [.fileSizeKey, .isDirectoryKey]).fileSize!
        },
        FailingCase("a file handle") { _ = try FileHandle(forReadingFrom: URL(fileURLWithPath: missing)) },
        FailingCase("a closed file handle") {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/dev/null"))
            try handle.close()
            _ = try handle.readToEnd()
        },
        FailingCase("a process") {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: missing)
            try process.run()
        },
    ]

    static let texts = [
        FailingCase("JSONSerialization") { _ = try JSONSerialization.jsonObject(with: Data("{\(secret)".utf8)) },
        FailingCase("JSONDecoder, malformed", "DecodingError.dataCorrupted") {
            _ = try JSONDecoder().decode([String].self, from: Data("[\(secret)".utf8))
        },
        FailingCase("JSONDecoder, a raw value", "DecodingError.dataCorrupted") {
            _ = try JSONDecoder().decode([Colour].self, from: Data("[\"\(secret)\"]".utf8))
        },
        FailingCase("JSONDecoder, a missing key", "DecodingError.keyNotFound") {
            throw DecodingError.keyNotFound(
                ValueKey(secret),
                .init(codingPath: [], debugDescription: secret, underlyingError: URLError(.badURL))
            )
        },
        FailingCase("JSONEncoder", "EncodingError.invalidValue") {
            _ = try JSONEncoder().encode([secret: Double.infinity])
        },
        FailingCase("a property list") {
            _ = try PropertyListSerialization.propertyList(from: Data("<\(secret)".utf8), format: nil)
        },
        FailingCase("PropertyListDecoder", "DecodingError.dataCorrupted") {
            _ = try PropertyListDecoder().decode([String].self, from: Data("<\(secret)".utf8))
        },
        FailingCase("NSKeyedUnarchiver") {
            _ = try NSKeyedUnarchiver.unarchivedObject(ofClass: NSString.self, from: Data(secret.utf8))
        },
        FailingCase("a date", "NSCocoaErrorDomain error 2048") { _ = try Date(secret, strategy: .iso8601) },
        FailingCase("a date in a format of one's own") {
            _ = try Date(secret, strategy: Date.FormatStyle(date: .numeric, time: .omitted).parseStrategy)
        },
        FailingCase("an integer") { _ = try Int(secret, format: .number) },
        FailingCase("a decimal") { _ = try Decimal(secret, format: .number) },
        FailingCase("a regular expression") { _ = try NSRegularExpression(pattern: "(\(secret)") },
        FailingCase("XML") {
            let parser = XMLParser(data: Data("<\(secret)".utf8))
            let delegate = Delegate()
            parser.delegate = delegate
            _ = parser.parse()
            if let error = parser.parserError { throw error }
        },
    ]

    static let values = [
        FailingCase("URLError", "NSURLErrorDomain error -1003") {
            throw URLError(
                .cannotFindHost,
                userInfo: [NSURLErrorFailingURLErrorKey: URL(string: "https://user:\(secret)@host/")!]
            )
        },
        FailingCase("URLSession") {
            _ = try await URLSession(configuration: .ephemeral)
                .data(from: URL(string: "http://user:\(secret)@127.0.0.1:1/")!)
        },
        FailingCase("POSIXError", "NSPOSIXErrorDomain error 2") {
            throw POSIXError(.ENOENT, userInfo: [NSFilePathErrorKey: secret])
        },
        FailingCase("CocoaError, one in the other", "NSCocoaErrorDomain error 512") {
            throw CocoaError(
                .fileWriteUnknown,
                userInfo: [NSUnderlyingErrorKey: CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: secret])]
            )
        },
        FailingCase("NSError", "shop error 7") {
            throw NSError(domain: "shop", code: 7, userInfo: [NSLocalizedDescriptionKey: secret])
        },
        FailingCase("a subclass of NSError", "shop error 7") {
            throw Subclass(domain: "shop", code: 7, userInfo: [NSLocalizedDescriptionKey: secret])
        },
        FailingCase("a Swift error as NSError") {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: secret)) as NSError
        },
        FailingCase("ChannelError", "ChannelError.connectFailed") {
            throw ChannelError(
                .connectFailed,
                "unix:/\(secret)",
                address: secret,
                hint: secret,
                cause: URLError(.badURL)
            )
        },
        FailingCase("a connection of ours", "ChannelError.connectFailed") {
            _ = try await openChannel(.unix(missing))
        },
        FailingCase("a certificate of ours", "ChannelError.tlsFailed") {
            _ = try await openChannel(.tls("localhost", 1, TLSConfiguration(trustRoots: .file(missing))))
        },
        FailingCase("TLSError", "TLSError.fileUnreadable") {
            _ = try TLSConfiguration(trustRoots: .file(missing)).validate(for: .client)
        },
        FailingCase("TLSError with more in its case", "TLSError.alertReceived") {
            throw TLSError(.alertReceived(TLSAlert(rawValue: 40)), phase: .handshake, message: secret)
        },
        FailingCase("RemoteError", "RemoteError") { throw RemoteError(origin: secret, message: secret) },
    ]
}

private struct ValueKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

@Suite("What a peer is told of errors that store more than it should know", .timeLimit(.minutes(2)))
struct ToldFailureTests {
    @Test(
        "Of Foundation's errors and the library's only domain and code are told",
        arguments: FailingCase.files + FailingCase.texts + FailingCase.values
    )
    func domainAndCode(_ failing: FailingCase) async throws {
        let error = try #require(await #expect(throws: (any Error).self) { try await failing.fail() })
        let text = FailureText.of(error)
        #expect(!text.contains(secret) && !text.contains("/"), "\(text)")
        if let told = failing.told {
            #expect(text == told)
        } else {
            #expect(text.wholeMatch(of: /[A-Za-z]+ error -?[0-9]+/) != nil, "\(text)")
        }
    }

    struct Localized: LocalizedError, CustomStringConvertible {
        var errorDescription: String? = "There is no such account."
        var description: String { "hunter2" }
    }
    struct Silent: LocalizedError {}
    struct Wrapping: Error { var cause: any Error = URLError(.badURL) }
    enum Case: Error { case wrapping(any Error) }

    @Test("An error of one's own says what LocalizedError has it say, else its description, else its name")
    func localized() {
        #expect(FailureText.of(Localized()) == "There is no such account.")
        #expect(FailureText.of(Localized(errorDescription: nil)) == "hunter2")
        #expect(FailureText.of(Silent()) == "Silent")
        #expect(FailureText.of(Wrapping()) == "Wrapping")
        #expect(FailureText.of(Case.wrapping(CocoaError(.fileNoSuchFile))) == "Case.wrapping")
    }

    @Test("Our own log has what happened, and no passwords of URLs")
    func log() throws {
        let error = ChannelError(.connectFailed, "No.", address: "tcp://a:1", hint: "Try again.")
        #expect(FailureText.forLog(error) == "No. (tcp://a:1) [connectFailed, established] Try again.")
        let file = #expect(throws: CocoaError.self) { try Data(contentsOf: URL(fileURLWithPath: missing)) }
        #expect(FailureText.forLog(try #require(file)) == "NSCocoaErrorDomain error 260 (\(missing))")
        let url = URLError(.badURL, userInfo: [NSURLErrorFailingURLErrorKey: URL(string: "http://u:\(secret)@h")!])
        #expect(FailureText.forLog(url) == "NSURLErrorDomain error -1000")
    }

    @Test("Handlers, requests and replies that fail tell no more over the wire")
    func overTheWire() async throws {
        struct Unwritable: Encodable {
            func encode(to encoder: any Encoder) throws { _ = try Data(contentsOf: URL(fileURLWithPath: missing)) }
        }
        try await withPair(.tcp) { channel in
            for number in 0..<4 {
                let request = try await channel.receive()
                do {
                    if number == 3 { try await request.reply(Unwritable()) }
                    _ = try Data(contentsOf: URL(fileURLWithPath: missing))
                } catch  where number < 3 {
                    try await request.fail(error)
                } catch {}
            }
            try await channel.serve { (number: Int) in
                if number == 0 { _ = try Data(contentsOf: URL(fileURLWithPath: missing)) }
                return Unwritable()
            }
        } _: { channel, _ in
            for number in 0..<6 {
                let error = await #expect(throws: RemoteError.self) { try await channel.send(number == 4 ? 0 : 1) }
                let message = try #require(error?.message)
                #expect(message.hasSuffix("NSCocoaErrorDomain error 260"), "\(message)")
            }
            let error = await #expect(throws: RemoteError.self) { try await channel.send("one") }
            #expect(error?.message.hasPrefix("The request's content is not a Int:") == true)
        }
    }

    @Test("The cause of content that cannot be read is not told")
    func causes() {
        let error = DecodingError.dataCorrupted(
            .init(codingPath: [], debugDescription: "No JSON.", underlyingError: NSError(domain: secret, code: 1))
        )
        let text = CodingFailureText.of(error)
        #expect(text.contains("No JSON.") && !text.contains(secret))
    }

    @Test("A handler that fails is in our own log, at the level debug")
    func handlersLog() async throws {
        let book = LogBook()
        try await withPair(.tcp, server: ServerConfiguration(channel: ChannelConfiguration(logger: book.logger))) {
            try await $0.serve { (_: Int) in try Data(contentsOf: URL(fileURLWithPath: missing)).count }
        } _: { channel, _ in
            await #expect(throws: RemoteError.self) { try await channel.send(1) }
            #expect(book.entries.contains { $0.contains("A handler failed.") && $0.contains(missing) })
        }
    }
}
