extension YAML {
    /// The value as YAML text in block style that ends with a newline; PyYAML and this reader give back the same value.
    public var text: String {
        var out = ""
        YAMLWriter.write(self, indent: 0, to: &out)
        return out.hasSuffix("\n") ? out : out + "\n"
    }
}

enum YAMLWriter {
    /// Writes a node after its key or dash; `indent` is where its own lines start.
    static func write(_ node: YAML, indent: Int, to out: inout String) {
        switch node.value {
        case .mapping(let members) where !members.isEmpty:
            for (place, member) in members.enumerated() {
                if place > 0 { out += String(repeating: " ", count: indent) }
                out += scalar(member.key) + ":"
                child(member.value, indent: indent, to: &out)
            }
        case .list(let items) where !items.isEmpty && !isFlow(items):
            for (place, item) in items.enumerated() {
                if place > 0 { out += String(repeating: " ", count: indent) }
                out += "- "
                write(item, indent: indent + 2, to: &out)
                if !out.hasSuffix("\n") { out += "\n" }
            }
        case .mapping: out += "{}"
        case .list(let items): out += "[" + items.map(scalar).joined(separator: ", ") + "]"
        default: out += scalar(node)
        }
    }

    private static func child(_ node: YAML, indent: Int, to out: inout String) {
        switch node.value {
        case .mapping(let members) where !members.isEmpty: out += "\n" + String(repeating: " ", count: indent + 2)
        case .list(let items) where !items.isEmpty && !isFlow(items):
            out += "\n" + String(repeating: " ", count: indent + 2)
        default: out += " "
        }
        write(node, indent: indent + 2, to: &out)
        if !out.hasSuffix("\n") { out += "\n" }
    }

    /// Numbers stand in one line (`[768, 448, 89]`), everything else below each other.
    private static func isFlow(_ items: [YAML]) -> Bool {
        items.count <= 16
            && items.allSatisfy {
                switch $0.value {
                case .integer, .number: true
                default: false
                }
            }
    }

    /// A scalar so that YAML 1.1 reads back the same value of the same type.
    static func scalar(_ node: YAML) -> String {
        guard case .string(let text) = node.value else { return node.scalarText ?? "{}" }
        return isPlain(text) ? text : quoted(text)
    }

    /// The shortest decimal that gives back the same double, spelt as YAML 1.1 wants a float: with a dot, and a sign in
    /// the exponent.
    static func text(of number: Double) -> String {
        if number.isNaN { return ".nan" }
        if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
        let text = "\(number)"
        guard let e = text.firstIndex(of: "e") else { return text }
        let mantissa = text[..<e], exponent = text[text.index(after: e)...]
        return (mantissa.contains(".") ? mantissa[...] : mantissa + ".0")
            + "e" + (exponent.hasPrefix("-") || exponent.hasPrefix("+") ? exponent : "+" + exponent)
    }

    /// True when the text without quotes is read as this very string: it starts with a letter or a path character,
    /// holds nothing that YAML gives a meaning to, and is no number, boolean or null.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, text.unicodeScalars.last != " " else { return false }
        guard first.properties.isAlphabetic || first == "/" || first == "_" || ("0"..."9").contains(first) else {
            return false
        }
        let allowed = text.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || ("0"..."9").contains($0) || " _-./+()".unicodeScalars.contains($0)
        }
        guard allowed, !isDate(text), case .string = YAMLScalar.resolve(text), YAMLScalar.float(text) == nil else {
            return false
        }
        return true
    }
    /// PyYAML reads `2026-01-02` and its longer forms as dates.
    private static func isDate(_ text: String) -> Bool {
        let parts = text.prefix(10).split(separator: "-", omittingEmptySubsequences: false)
        return parts.count >= 3 && parts[0].count == 4 && parts.prefix(2).allSatisfy { $0.allSatisfy(\.isNumber) }
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out += "\\t"
            case "\r": out += "\\r"
            case "\u{2028}", "\u{2029}", "\u{FEFF}": out += escape(scalar)  // YAML breaks lines at the first two
            case " "..."~", "\u{A1}"..."\u{FFFD}", "\u{10000}"...: out.unicodeScalars.append(scalar)
            default: out += escape(scalar)
            }
        }
        return out + "\""
    }
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
