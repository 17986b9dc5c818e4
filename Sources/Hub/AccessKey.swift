import Base
import Foundation

/// A key or token of a service. It leaves this type in one header alone, and is taken out of whatever a server says.
public struct AccessKey: Sendable {
    private let text: String

    /// Nil for a text that cannot be a key: empty, or with a blank, a control character or a letter that no key has.
    public init?(_ text: String) {
        guard !text.isEmpty, text.unicodeScalars.allSatisfy({ $0.value > 32 && $0.value < 127 }) else { return nil }
        self.text = text
    }

    /// What goes to the server that it is for.
    public var header: (name: String, value: String) { ("Authorization", "Bearer \(text)") }

    /// A text without the key in it, plain, percent-encoded or in base64.
    public func masked(_ said: String) -> String {
        let plain = Data(text.utf8).base64EncodedString()
        let encoded = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
        return [text, encoded, plain, String(plain.reversed().drop { $0 == "=" }.reversed())]
            .reduce(said) { $0.replacing($1, with: "•••") }
    }
}
