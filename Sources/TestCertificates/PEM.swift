internal import COpenSSL

/// The textual encoding of RFC 7468: base64 in lines of 64 characters between two markers.
func encodePEM(_ label: String, _ der: [UInt8]) -> String {
    var text = [UInt8](repeating: 0, count: (der.count + 2) / 3 * 4 + 1)  // and the zero byte that ends a C string
    let length = Int(EVP_EncodeBlock(&text, der, Int32(der.count)))
    var pem = "-----BEGIN \(label)-----\n"
    for start in stride(from: 0, to: length, by: 64) {
        pem += String(decoding: text[start..<min(start + 64, length)], as: UTF8.self) + "\n"
    }
    return pem + "-----END \(label)-----\n"
}
