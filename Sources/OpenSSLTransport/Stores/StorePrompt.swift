internal import COpenSSL

/// How a store asks for a PIN or a passphrase: always of us, since OpenSSL's own way is to ask the terminal and wait for
/// ever. See UI_create_method(3).
///
/// It always answers, with nothing where there is nothing to say: a provider whose question fails may ask the terminal itself
/// (pkcs11-provider does), and an empty answer it takes for a refusal.
final class StorePrompt {
    private let secret: WipedBytes
    /// Whether it asked at all.
    private(set) var wasAsked = false

    init(_ passphrase: String?) {
        self.secret = WipedBytes(Array((passphrase ?? "").utf8))
    }

    /// To be given to OpenSSL beside ``method``; valid as long as the prompt is.
    var argument: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// Safe to share: made once, and only read from then on.
    nonisolated(unsafe) static let method: OpaquePointer? = {
        guard let method = UI_create_method("a configuration's passphrase") else { return nil }
        guard UI_method_set_reader(method, answer) == 0 else {
            UI_destroy_method(method)
            return nil
        }
        return method
    }()

    private static var answer: @convention(c) (OpaquePointer?, OpaquePointer?) -> Int32 {
        { ui, question in
            switch UI_get_string_type(question) {
            case UIT_PROMPT, UIT_VERIFY:
                guard let argument = UI_get0_user_data(ui) else { return -1 }
                let prompt = Unmanaged<StorePrompt>.fromOpaque(argument).takeUnretainedValue()
                prompt.wasAsked = true
                let secret = prompt.secret
                let start = secret.bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                if UI_set_result_ex(ui, question, start, Int32(clamping: secret.count)) >= 0 { return 1 }
                return UI_set_result_ex(ui, question, "", 0) >= 0 ? 1 : -1  // it was too long
            default: return 1  // it tells, and does not ask
            }
        }
    }
}
