extension JSON {
    /// The value as text. Non-ASCII characters are written as they are.
    ///
    /// - Parameter indent: spaces a level, as Python's `json.dump(indent=…)` lays it out; `nil` for one line.
    public func text(indent: Int? = nil) -> String {
        var out = ""
        write(to: &out, indent: indent, level: 0)
        return out
    }

    /// The value on one line without any space, as serde_json and `separators=(",", ":")` write it.
    public var compactText: String {
        switch self {
        case .array(let items): "[" + items.map(\.compactText).joined(separator: ",") + "]"
        case .object(let object):
            "{"
                + object.members.map { JSON.string($0.key).text() + ":" + $0.value.compactText }.joined(separator: ",")
                + "}"
        default: text()
        }
    }

    private func write(to out: inout String, indent: Int?, level: Int) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        case .digits(let text): out += text
        case .number(let value): out += value.isFinite ? "\(value)" : "null"  // JSON has no NaN
        case .string(let value): Self.quote(value, to: &out)
        case .array(let items):
            Self.write(items.count, "[", "]", to: &out, indent, level) {
                items[$0].write(to: &$1, indent: indent, level: level + 1)
            }
        case .object(let object):
            Self.write(object.members.count, "{", "}", to: &out, indent, level) { place, out in
                Self.quote(object.members[place].key, to: &out)
                out += ": "
                object.members[place].value.write(to: &out, indent: indent, level: level + 1)
            }
        }
    }

    private static func write(
        _ count: Int, _ open: String, _ close: String, to out: inout String, _ indent: Int?, _ level: Int,
        item: (Int, inout String) -> Void
    ) {
        out += open
        for place in 0..<count {
            if place > 0 { out += indent == nil ? ", " : "," }
            if let indent { out += "\n" + String(repeating: " ", count: indent * (level + 1)) }
            item(place, &out)
        }
        if let indent, count > 0 { out += "\n" + String(repeating: " ", count: indent * level) }
        out += close
    }

    private static func quote(_ text: String, to out: inout String) {
        out += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{8}": out += "\\b"
            case "\u{C}": out += "\\f"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        out += "\""
    }
}
