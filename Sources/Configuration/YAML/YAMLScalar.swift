/// What an unquoted scalar means in YAML 1.1, exactly as PyYAML's `safe_load` decides it.
///
/// Its corners matter because the reference reads its configurations with it:
/// - a float needs a dot, and its exponent a sign: `2e-4` and `1.0e5` are strings (a typed key turns them into numbers
///   afterwards, as pydantic does);
/// - `yes no on off` in lower, upper and title case are booleans, `y` and `n` are strings;
/// - `010` is octal 8, `0b11` and `0x1F` are numbers, `0o17` is a string, `1_000` is 1000;
/// - `1:30` is sexagesimal 90, and so is `190:20:30.15`.
///
/// Dates (`2026-01-02`), which PyYAML turns into date objects, stay strings here: no reader of ours wants a date.
enum YAMLScalar {
    /// The value of a plain scalar. Integers that do not fit 64 bits become numbers.
    static func resolve(_ text: String) -> YAML.Value {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
        case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return .string(text) }
        return integer(text) ?? number(text) ?? .string(text)
    }

    /// `[-+]?0b[01_]+ | [-+]?0[0-7_]+ | [-+]?(0|[1-9][0-9_]*) | [-+]?0x[0-9a-fA-F_]+ | [-+]?[1-9][0-9_]*(:[0-5]?[0-9])+`
    static func integer(_ text: String) -> YAML.Value? {
        let (negative, body) = sign(text)
        if body == "0" { return .integer(0) }
        if let digits = body.dropping("0b") { return whole(digits, radix: 2, negative) }
        if let digits = body.dropping("0x") { return whole(digits, radix: 16, negative) }
        if body.first == "0" { return whole(body, radix: 8, negative) }
        if body.contains(":") {
            guard body.first != "_" else { return nil }
            return sexagesimal(body, negative)?.integer
        }
        return body.first == "_" ? nil : whole(body, radix: 10, negative)
    }

    /// `[-+]?[0-9][0-9_]*\.[0-9_]*([eE][-+][0-9]+)? | \.[0-9][0-9_]*([eE][-+][0-9]+)? | sexagesimal | [-+]?\.inf | \.nan`
    static func number(_ text: String) -> YAML.Value? {
        let (negative, body) = sign(text)
        switch body {
        case ".inf", ".Inf", ".INF": return .number(negative ? -.infinity : .infinity)
        case ".nan", ".NaN", ".NAN": return body.count == text.count ? .number(.nan) : nil
        default: break
        }
        guard let dot = body.firstIndex(of: ".") else { return nil }
        if body.contains(":") { return sexagesimal(body, negative).map { .number($0.number) } }
        let whole = body[..<dot], rest = body[body.index(after: dot)...]
        let mantissaEnd = rest.firstIndex { $0 == "e" || $0 == "E" } ?? rest.endIndex
        let fraction = rest[..<mantissaEnd], exponent = rest[mantissaEnd...].dropFirst()
        guard digits(whole), digits(fraction), whole.first != "_" else { return nil }
        // A number that starts with its dot needs a digit next and takes no sign.
        guard !whole.isEmpty || body.count == text.count && !fraction.isEmpty && fraction.first != "_" else {
            return nil
        }
        if mantissaEnd != rest.endIndex {
            guard let sign = exponent.first, sign == "+" || sign == "-", exponent.count > 1,
                exponent.dropFirst().allSatisfy(isDigit)
            else { return nil }
        }
        let plain = "\(whole.isEmpty ? "0" : whole).\(fraction.isEmpty ? "0" : fraction)".filter { $0 != "_" }
        let value = Double(mantissaEnd == rest.endIndex ? plain : "\(plain)e\(exponent)")
        return value.map { .number(negative ? -$0 : $0) }
    }

    /// A finite number in any usual spelling: `2e-4`, `+1.5`, `08`.
    static func anyNumber(_ text: String) -> Double? {
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first),
            text.utf8.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }), let value = Double(text), value.isFinite
        else { return nil }
        return value
    }
    /// Such a number with a fraction or an exponent: digits alone may be a name that begins with a zero.
    static func float(_ text: String) -> Double? {
        text.utf8.contains(where: { ".eE".utf8.contains($0) }) ? anyNumber(text) : nil
    }

    // MARK: Parts

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
    private static func digits(_ text: Substring) -> Bool { text.allSatisfy { isDigit($0) || $0 == "_" } }

    private static func sign(_ text: String) -> (negative: Bool, body: Substring) {
        switch text.first {
        case "-": (true, text.dropFirst())
        case "+": (false, text.dropFirst())
        default: (false, text[...])
        }
    }

    private static func whole(_ digits: Substring, radix: Int, _ negative: Bool) -> YAML.Value? {
        let plain = digits.filter { $0 != "_" }
        guard !plain.isEmpty, plain.allSatisfy({ $0.isASCII && $0.hexDigitValue.map { $0 < radix } == true }) else {
            return nil
        }
        if let value = Int((negative ? "-" : "") + plain, radix: radix) { return .integer(value) }
        let value =
            radix == 10 ? Double(plain) ?? 0 : plain.reduce(0.0) { $0 * Double(radix) + Double($1.hexDigitValue ?? 0) }
        return .number(negative ? -value : value)
    }

    private static func sexagesimal(_ body: Substring, _ negative: Bool) -> (integer: YAML.Value?, number: Double)? {
        var parts = body.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 1, let last = parts.popLast() else { return nil }
        let pieces = last.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let isWhole = pieces.count == 1
        guard let seconds = pieces.first, let head = parts.first, let lead = head.first, isDigit(lead), digits(head),
            !isWhole || lead != "0", isWhole || digits(pieces[1])
        else { return nil }
        for part in parts.dropFirst() + [seconds] {
            guard (1...2).contains(part.count), part.allSatisfy(isDigit), part.count == 1 || part < "60" else {
                return nil
            }
        }
        let fraction = isWhole ? "" : pieces[1].filter { $0 != "_" }
        let total = (parts + [seconds]).reduce(0.0) { $0 * 60 + (Double($1.filter { $0 != "_" }) ?? 0) }
        let value = total + (fraction.isEmpty ? 0 : Double("0." + fraction) ?? 0)
        let signed = negative ? -value : value
        return (isWhole ? Int(exactly: signed).map { .integer($0) } ?? .number(signed) : nil, signed)
    }
}

extension Substring {
    fileprivate func dropping(_ prefix: String) -> Substring? { hasPrefix(prefix) ? dropFirst(prefix.count) : nil }
}
