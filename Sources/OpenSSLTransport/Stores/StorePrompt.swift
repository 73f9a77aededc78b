internal import COpenSSL

/// How a store asks for a PIN or a passphrase: always of us, since OpenSSL's own way is to ask the terminal and wait for
/// ever. See UI_create_method(3).
final class StorePrompt {
    private let secret: WipedBytes?
    /// Whether it asked at all.
    private(set) var wasAsked = false

    init(_ passphrase: String?) {
        self.secret = passphrase.map { WipedBytes(Array($0.utf8)) }
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
                guard let secret = prompt.secret else { return -1 }
                let start = secret.bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                return UI_set_result_ex(ui, question, start, Int32(clamping: secret.count)) >= 0 ? 1 : -1
            default: return 1  // it tells, and does not ask
            }
        }
    }
}
