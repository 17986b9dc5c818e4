import LuaKit
import Base
/// Pretty-prints Lua values: a table on one line where it fits, else one entry a line; long and deep ones are cut with a count.
struct ValuePrinter {
    let context: DisplayContext
    /// The most entries of one table that are shown.
    var limit = 40
    /// Tables nested deeper than this are shown as a count.
    var depth = 6

    init(_ context: DisplayContext) { self.context = context }

    /// The lines of a value alone at the prompt.
    func lines(_ value: DisplayValue) -> [String] {
        switch value {
        case .object(let object): object.lines(context)
        // Text of several lines (a YAML view, a file) reads better as it is than with \n in it.
        case .string(let bytes) where bytes.dropLast().contains(10) && String(validating: bytes, as: UTF8.self) != nil:
            SafeText.block(String(decoding: bytes, as: UTF8.self)).split(
                separator: "\n", omittingEmptySubsequences: false
            ).map(String.init)
        default:
            text(value, indent: 0, used: 0, depth: 0, last: 0).split(separator: "\n", omittingEmptySubsequences: false)
                .map(String.init)
        }
    }
    /// A value in one line of at most `width` columns, for tables of values.
    func oneLine(_ value: DisplayValue, width: Int) -> String {
        TextFitting.truncate(flat(value, depth: 0), to: width)
    }

    // MARK: - Layout

    /// - Parameters:
    ///   - indent: where a further line starts.
    ///   - used: the columns that are taken on this one.
    ///   - last: the columns that what follows needs.
    private func text(_ value: DisplayValue, indent: Int, used: Int, depth: Int, last: Int) -> String {
        guard case .table(let table) = value, !table.items.isEmpty || !table.fields.isEmpty, depth < self.depth else {
            return flat(value, depth: depth, width: max(20, context.width - used - last))
        }
        let line = flat(value, depth: depth)
        if TextWidth.of(line) <= context.width - used - last, !line.contains("…"),
            !hasNestedTables(table) || table.items.count < 4
        {
            return line
        }
        let margin = String(repeating: " ", count: indent + 2)
        var out = heading(table) + "{\n", shown = 0
        if let rows = packed(table.items.prefix(limit), width: context.width - indent - 2) {
            for row in rows { out += margin + row + "\n" }
            shown = min(limit, table.items.count)
        }
        for item in table.items.prefix(limit).dropFirst(shown) {
            out += margin + text(item, indent: indent + 2, used: indent + 2, depth: depth + 1, last: 1) + ",\n"
            shown += 1
        }
        for (key, value) in ordered(table.fields).prefix(max(0, limit - shown)) {
            let name = keyText(key) + " = "
            let used = indent + 2 + TextWidth.of(name)
            out += margin + name + text(value, indent: indent + 2, used: used, depth: depth + 1, last: 1) + ",\n"
            shown += 1
        }
        let more = table.items.count + table.fields.count - shown + table.hidden
        if more > 0 { out += margin + context.style(.quiet, "… \(more) more") + "\n" }
        return out + String(repeating: " ", count: indent) + "}"
    }
    /// Many numbers and short words in columns; `nil` for items that need a line each.
    private func packed(_ items: ArraySlice<DisplayValue>, width: Int) -> [String]? {
        guard items.count > 4 else { return nil }
        var cells: [String] = [], areNumbers = true
        for item in items {
            switch item {
            case .integer, .number: break
            case .boolean, .null, .string: areNumbers = false
            default: return nil
            }
            cells.append(flat(item, depth: 1) + ",")
        }
        let widest = cells.map { TextWidth.of($0) }.max() ?? 0
        guard widest <= 24, widest <= width else { return nil }
        let columns = max(1, (width + 1) / (widest + 1))
        return stride(from: 0, to: cells.count, by: columns).map { start in
            let row = cells[start..<min(start + columns, cells.count)].map { cell in
                let blanks = String(repeating: " ", count: widest - TextWidth.of(cell))
                return areNumbers ? blanks + cell : cell + blanks
            }.joined(separator: " ")
            return areNumbers ? row : String(row.reversed().drop { $0 == " " }.reversed())
        }
    }
    private func hasNestedTables(_ table: DisplayTable) -> Bool {
        table.items.contains { if case .table = $0 { true } else { false } }
    }

    /// The value on one line, cut only where it is deep or has very many entries.
    private func flat(_ value: DisplayValue, depth: Int, width: Int = .max) -> String {
        let style = context.style
        switch value {
        case .null: return style(.keyword, "nil")
        case .boolean(let value): return style(.keyword, value ? "true" : "false")
        case .integer(let value): return style(.number, "\(value)")
        case .number(let value): return style(.number, NumberText.lua(value))
        case .string(let bytes): return style(.string, ValuePrinter.quoted(bytes, width: width, alone: depth == 0))
        case .function(let name, let help):
            return style(.type, "function") + " " + SafeText.line(name)
                + (help.map { style(.quiet, "  -- " + SafeText.line($0)) } ?? "")
        case .object(let object): return TextFitting.truncate(object.oneLine, to: width)
        case .cycle: return style(.quiet, "<this table again>")
        case .table(let table): return flat(table, depth: depth)
        }
    }
    private func flat(_ table: DisplayTable, depth: Int) -> String {
        let count = table.items.count + table.fields.count + table.hidden
        if count == 0 { return heading(table) + "{}" }
        if depth >= self.depth { return heading(table) + "{" + context.style(.quiet, "… \(count)") + "}" }
        var parts = table.items.prefix(limit).map { flat($0, depth: depth + 1) }
        let room = max(0, limit - parts.count)
        parts += ordered(table.fields).prefix(room).map { "\(keyText($0.key)) = \(flat($0.value, depth: depth + 1))" }
        if count > parts.count { parts.append(context.style(.quiet, "… \(count - parts.count) more")) }
        return heading(table) + "{" + parts.joined(separator: ", ") + "}"
    }
    private func heading(_ table: DisplayTable) -> String {
        table.name.map { context.style(.type, SafeText.line($0)) + " " } ?? ""
    }

    // MARK: - Keys and strings

    /// Fields in an order that is the same every time: numbers by value, then names, then the rest.
    private func ordered(_ fields: [(key: DisplayValue, value: DisplayValue)]) -> [(
        key: DisplayValue, value: DisplayValue
    )] {
        func rank(_ key: DisplayValue) -> (Int, Double, String) {
            switch key {
            case .integer(let value): (0, Double(value), "")
            case .number(let value): (0, value, "")
            case .string(let bytes): (1, 0, String(decoding: bytes, as: UTF8.self))
            case .boolean(let value): (2, value ? 1 : 0, "")
            default: (3, 0, flat(key, depth: 0))
            }
        }
        return fields.map { (rank($0.key), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    }
    private func keyText(_ key: DisplayValue) -> String {
        if case .string(let bytes) = key, ValuePrinter.isName(bytes) {
            return context.style(.name, String(decoding: bytes, as: UTF8.self))
        }
        return "[" + flat(key, depth: 1, width: 40) + "]"
    }
    private static func isName(_ bytes: [UInt8]) -> Bool {
        guard let first = bytes.first, !(0x30...0x39).contains(first) else { return false }
        let isWord = bytes.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
        }
        return isWord && !Lua.keywords.contains(String(decoding: bytes, as: UTF8.self))
    }

    /// A string as Lua source: quotes, control characters and bytes that are not UTF-8 escaped. A string that is longer than
    /// there is room says how long it is.
    static func quoted(_ bytes: [UInt8], width: Int, alone: Bool) -> String {
        // A string alone may take some lines of the terminal; inside a table it gets one.
        let most = alone ? max(2000, width) : max(20, width)
        var out = "\"", used = 1
        var rest = bytes[...]
        while let byte = rest.first {
            if used > most - 2 {
                let size = bytes.count < 10_000 ? "\(bytes.count) bytes" : "\(ByteCount(bytes.count))"
                if alone { return out + "\"… (\(size))" }
                // Of a path the end says most.
                if bytes.first == UInt8(ascii: "/"), let path = String(validating: bytes, as: UTF8.self) {
                    return TextFitting.truncateMiddle("\"" + SafeText.line(path) + "\"", to: most)
                }
                return TextFitting.truncate(out, to: most - 2) + "\"…"
            }
            if byte < 0x80 {
                let piece = escape(byte)
                out += piece
                used += piece.utf8.count
                rest = rest.dropFirst()
                continue
            }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            if byte >= 0xC2, let scalar = String(validating: rest.prefix(length), as: UTF8.self) {
                out += SafeText.line(scalar)
                used += TextWidth.of(scalar)
                rest = rest.dropFirst(length)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                out += "\\x" + digits
                used += 4
                rest = rest.dropFirst()
            }
        }
        return out + "\""
    }
    private static func escape(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "\n"): return "\\n"
        case UInt8(ascii: "\t"): return "\\t"
        case UInt8(ascii: "\r"): return "\\r"
        case UInt8(ascii: "\""): return "\\\""
        case UInt8(ascii: "\\"): return "\\\\"
        case 0..<0x20, 0x7F:
            let digits = String(byte, radix: 16)
            return "\\x" + (digits.count < 2 ? "0" : "") + digits
        default: return String(UnicodeScalar(byte))
        }
    }
}
