/// Text of a terminal or a pipe that is not UTF-8: Latin-1 keyboards, pasted binary.
///
/// A byte that belongs to no character is written out as Lua's `\xE9`, so that a text between quotes is what was typed; nothing is
/// replaced by a character that means "something was here".
struct TypedBytes {
    /// All of it as text.
    let text: String
    /// The bytes that were written out.
    let strange: [UInt8]

    init(_ bytes: some Collection<UInt8>) {
        if let text = String(validating: bytes, as: UTF8.self) {
            (self.text, strange) = (text, [])
            return
        }
        var out = "", strange: [UInt8] = [], rest = Array(bytes)[...]
        while let first = rest.first {
            let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
            if let character = String(validating: rest.prefix(length), as: UTF8.self), rest.count >= length {
                out += character
                rest = rest.dropFirst(length)
            } else {
                out += Self.name(first)
                strange.append(first)
                rest = rest.dropFirst()
            }
        }
        (text, self.strange) = (out, strange)
    }
    /// A sentence for whoever typed it, `nil` when nothing was strange.
    var note: String? {
        guard let first = strange.first else { return nil }
        return Self.note(strange.count, first: first)
    }
    /// The sentence about so many bytes that were written out.
    static func note(_ count: Int, first: UInt8) -> String {
        let bytes = count == 1 ? "a byte that is" : "\(count) bytes that are"
        return "\(bytes) not UTF-8: written out, as \(name(first)), which means that byte between quotes"
    }
    private static func name(_ byte: UInt8) -> String { "\\x" + String(byte, radix: 16, uppercase: true) }
}
