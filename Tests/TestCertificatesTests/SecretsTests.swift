import Foundation
import TestCertificates
import Testing

@Suite("What looks for secrets finds them")
struct SecretsTests {
    private let identity: Identity
    private let secrets: Secrets

    init() throws {
        identity = try TestAuthority().issue(.server())
        var secrets = Secrets()
        try secrets.add(identity, as: "key")
        secrets.add("correct horse", as: "passphrase")
        self.secrets = secrets
    }

    /// 16 bytes from the middle of the part that is private.
    private var run: [UInt8] { Array(identity.privateKey.der[40..<56]) }

    @Test("A short passphrase as it is")
    func passphrase() {
        #expect(secrets.shown(in: "the passphrase 'correct horse' is wrong") == ["passphrase"])
    }

    @Test("16 bytes of a key, however they are written")
    func forms() {
        let hexadecimal = run.map {
            String($0, radix: 16).count == 1 ? "0\(String($0, radix: 16))" : String($0, radix: 16)
        }
        var dumped = ""
        dump(run, to: &dumped)
        for text in [
            hexadecimal.joined(), hexadecimal.joined().uppercased(), hexadecimal.joined(separator: ":"),
            hexadecimal.map { "0x\($0)" }.joined(separator: ", "), "\(run)", dumped, Data(run).base64EncodedString(),
        ] {
            #expect(secrets.shown(in: "before \(text) after") == ["key"], "\(text)")
        }
    }

    @Test("A line of its PEM text, and a part of it", arguments: 0..<4)
    func lines(offset: Int) {
        let lines = identity.privateKey.pem.split(separator: "\n")
        #expect(secrets.shown(in: "no such file: \(lines[1])") == ["key"])
        #expect(secrets.shown(in: "no such file: \(lines[2].dropFirst(offset).prefix(24))") == ["key"])
        #expect(secrets.shown(in: String(reflecting: identity.privateKey.pem)) == ["key"])
    }

    @Test("What everybody may see is none of them")
    func publicText() throws {
        #expect(secrets.shown(in: identity.chainPEM) == [])
        #expect(secrets.shown(in: "\(identity.certificate.der)") == [])
        #expect(secrets.shown(in: try TestAuthority().issue(.server()).privateKey.pem) == [])
    }
}
