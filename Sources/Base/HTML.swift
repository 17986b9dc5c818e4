/// Text in HTML pages.
public enum HTML {
    /// The text as it stands in an element or a quoted attribute.
    public static func escaped(_ text: String) -> String {
        text.reduce(into: "") { out, character in
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.append(character)
            }
        }
    }

    /// A relative path as a URL: everything but unreserved characters in percent (RFC 3986).
    public static func link(_ path: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
        // A first part with a colon would read as a scheme; it is escaped with the rest.
        return path.utf8.reduce(into: "") { out, byte in
            if plain.contains(byte) {
                out.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
    }
}
