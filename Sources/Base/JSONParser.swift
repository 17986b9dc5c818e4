/// What is wrong with a JSON text, and where.
public struct JSONError: UserError {
    /// What is wrong, as a clause without the place.
    public let reason: String
    /// 1-based.
    public let line: Int, column: Int
    /// 0-based byte offset.
    public let offset: Int
    /// The file, when the text came out of one.
    public var path: String?
    /// See `UserError`.
    public var kind: String { "json.malformed" }
    /// See `UserError`.
    public var description: String { "\(path.map { "'\($0)': " } ?? "")line \(line), column \(column): \(reason)" }
}

extension JSON {
    /// Parses a whole text. Throws `JSONError`.
    public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }

    /// Parses the bytes of a file in UTF-8; a byte order mark is skipped. Throws `JSONError`.
    public init(
        parsing bytes: [UInt8], path: String? = nil, largeIntegers: LargeIntegers = .rounded
    ) throws(JSONError) {
        var parser = JSONParser(bytes)
        parser.largeIntegers = largeIntegers
        do { self = try parser.parse() } catch {
            var error = error
            error.path = path
            throw error
        }
    }

    /// What becomes of whole numbers that do not fit 64 bits.
    public enum LargeIntegers: Sendable {
        /// The nearest `number`.
        case rounded
        /// A `string` of their digits: identifiers come through whole.
        case text
        /// `digits`, which are written back as they were; so are numbers that are spelled otherwise than here.
        case kept
    }

    /// Parses what may be so long that someone does not want to wait for it: throws a `JSONError` when `isStopped`, which is
    /// asked every few thousand values, says true.
    public init(
        parsing bytes: [UInt8], largeIntegers: LargeIntegers = .rounded, isStopped: @escaping () -> Bool
    ) throws(JSONError) {
        var parser = JSONParser(bytes, isStopped)
        parser.largeIntegers = largeIntegers
        self = try parser.parse()
    }
}

private struct JSONParser {
    private let bytes: [UInt8]
    private var at = 0
    private static let deepest = 64
    private let isStopped: (() -> Bool)?
    private var values = 0
    var largeIntegers = JSON.LargeIntegers.rounded

    init(_ bytes: [UInt8], _ isStopped: (() -> Bool)? = nil) {
        (self.bytes, self.isStopped) = (bytes, isStopped)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }

    mutating func parse() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard at == bytes.count else { throw error("unexpected text after the value") }
        return value
    }

    private func error(_ reason: String, at offset: Int? = nil) -> JSONError {
        let offset = min(offset ?? at, bytes.count)
        let before = bytes[..<offset]
        let lineStart = before.lastIndex(of: 10).map { $0 + 1 } ?? 0
        let line = before.reduce(1) { $0 + ($1 == 10 ? 1 : 0) }
        return JSONError(reason: reason, line: line, column: offset - lineStart + 1, offset: offset)
    }
    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 32 || byte == 10 || byte == 13 || byte == 9 { at += 1 }
    }
    private mutating func take(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let count = word.utf8CodeUnitCount
        guard at + count <= bytes.count, (0..<count).allSatisfy({ bytes[at + $0] == word.utf8Start[$0] }) else {
            throw error("a value was expected")
        }
        at += count
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth <= Self.deepest else { throw error("nested deeper than \(Self.deepest) levels") }
        values += 1
        if values & 0xFFF == 0, let isStopped, isStopped() {
            throw JSONError(reason: "stopped", line: 0, column: 0, offset: at)
        }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try take("true", .bool(true))
        case UInt8(ascii: "f"): return try take("false", .bool(false))
        case UInt8(ascii: "n"): return try take("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
            return try number()
        case nil: throw error("the text ends where a value was expected")
        default: throw error("a value was expected")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        at += 1
        var object = JSONObject()
        skipSpace()
        if next == UInt8(ascii: "}") { at += 1; return .object(object) }
        while true {
            skipSpace()
            let start = at
            guard next == UInt8(ascii: "\"") else { throw error("a key in double quotes was expected") }
            let key = try string()
            guard object[key] == nil else { throw error("duplicate key '\(key)'", at: start) }
            skipSpace()
            guard next == UInt8(ascii: ":") else { throw error("':' was expected after the key '\(key)'") }
            at += 1
            object[key] = try value(depth: depth + 1)
            skipSpace()
            switch next {
            case UInt8(ascii: ","): at += 1
            case UInt8(ascii: "}"): at += 1; return .object(object)
            default: throw error("',' or '}' was expected")
            }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        at += 1
        var items: [JSON] = []
        skipSpace()
        if next == UInt8(ascii: "]") { at += 1; return .array(items) }
        while true {
            items.append(try value(depth: depth + 1))
            skipSpace()
            switch next {
            case UInt8(ascii: ","): at += 1
            case UInt8(ascii: "]"): at += 1; return .array(items)
            default: throw error("',' or ']' was expected")
            }
        }
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = at
        if next == UInt8(ascii: "-") { at += 1 }
        let first = at
        digits()
        guard at > first, bytes[first] != UInt8(ascii: "0") || at == first + 1 else {
            throw error("malformed number", at: start)
        }
        var whole = true
        if next == UInt8(ascii: ".") {
            at += 1
            let fraction = at
            digits()
            guard at > fraction else { throw error("malformed number", at: start) }
            whole = false
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            at += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { at += 1 }
            let exponent = at
            digits()
            guard at > exponent else { throw error("malformed number", at: start) }
            whole = false
        }
        let text = String(decoding: bytes[start..<at], as: UTF8.self)
        if whole, let integer = Int(text) { return .integer(integer) }
        if whole, largeIntegers != .rounded { return largeIntegers == .text ? .string(text) : .digits(text) }
        guard let number = Double(text), number.isFinite else { throw error("number out of range", at: start) }
        // Written back as it was, where the same number is spelled otherwise here: 1e3.
        if largeIntegers == .kept, "\(number)" != text { return .digits(text) }
        return .number(number)
    }
    private mutating func digits() {
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { at += 1 }
    }

    private mutating func string() throws(JSONError) -> String {
        let start = at
        at += 1
        var out: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                guard let text = String(validating: out, as: UTF8.self) else { throw error("invalid UTF-8", at: start) }
                return text
            case UInt8(ascii: "\\"): try escape(into: &out)
            case 0..<32: throw error("control character in a string")
            default:
                out.append(byte)
                at += 1
            }
        }
        throw error("the string that starts here is not closed", at: start)
    }

    private mutating func escape(into out: inout [UInt8]) throws(JSONError) {
        let start = at
        at += 1
        guard let byte = next else { throw error("the text ends inside a string") }
        at += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
        case UInt8(ascii: "b"): out.append(8)
        case UInt8(ascii: "f"): out.append(12)
        case UInt8(ascii: "n"): out.append(10)
        case UInt8(ascii: "r"): out.append(13)
        case UInt8(ascii: "t"): out.append(9)
        case UInt8(ascii: "u"):
            var code = try hexadecimal(start)
            if (0xD800..<0xDC00).contains(code) {
                guard next == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "u") else {
                    throw error("lone surrogate", at: start)
                }
                at += 2
                let low = try hexadecimal(start)
                guard (0xDC00..<0xE000).contains(low) else { throw error("lone surrogate", at: start) }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("lone surrogate", at: start) }
            out.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
        default: throw error("unknown escape", at: start)
        }
    }
    private mutating func hexadecimal(_ start: Int) throws(JSONError) -> UInt32 {
        guard at + 4 <= bytes.count, bytes[at..<at + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16)
        else { throw error("four hexadecimal digits were expected", at: start) }
        at += 4
        return code
    }
}
