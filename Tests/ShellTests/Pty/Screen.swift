@testable import Shell

/// A small terminal emulator (the part of ECMA-48 and xterm that readline and our own drawing use), so that tests assert what a
/// person sees.
struct Screen {
    private(set) var columns: Int, rows: Int
    /// One string a cell; a wide character fills its cell and leaves the next one empty.
    private var cells: [[String]]
    private var scrolledOff: [String] = []
    private(set) var row = 0, column = 0
    private var saved = (row: 0, column: 0)
    /// The cursor stands behind the last column: the next character goes to the next line.
    private var isWrapPending = false
    private var pending: [UInt8] = []
    /// True between ESC[?2004h and ESC[?2004l.
    private(set) var hasBracketedPaste = false
    /// How often the editor gave the terminal back: once a line.
    private(set) var accepted = 0
    /// Every SGR sequence that was seen, and whether any image protocol was.
    private(set) var styles: [String] = []
    /// Escape sequences that this emulator does not know: none may be sent.
    private(set) var unknown: [String] = []

    init(columns: Int, rows: Int) {
        (self.columns, self.rows) = (columns, rows)
        cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
        isContinued = Array(repeating: false, count: rows)
    }

    /// The lines on the screen, without blanks at their ends, without empty lines below the last.
    var lines: [String] {
        var lines = cells.map(Screen.text)
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
    /// Everything that was ever on the screen, oldest first.
    var history: [String] { scrolledOff + lines }
    var text: String { lines.joined(separator: "\n") }
    /// The line with the cursor.
    var cursorLine: String { Screen.text(cells[row]) }

    private static func text(_ cells: [String]) -> String {
        var text = cells.joined()
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Which rows go on in the next because a character had no room.
    private var isContinued: [Bool] = []

    /// A terminal that breaks its lines anew when it becomes narrower; rows that are too many scroll off.
    mutating func reflow(columns new: Int) {
        var lines: [(cells: [String], cursor: Int?)] = [], joins = false
        for (index, cells) in cells.enumerated() {
            var cells = cells
            let place = index == row ? column + (isWrapPending ? 1 : 0) : nil
            if !isContinued[index] { while cells.last == " ", cells.count > (place ?? 0) { cells.removeLast() } }
            if joins, let last = lines.popLast() {
                lines.append((last.cells + cells, last.cursor ?? place.map { $0 + last.cells.count }))
            } else {
                lines.append((cells, place))
            }
            joins = isContinued[index]
        }
        var rebuilt: [[String]] = [], continued: [Bool] = []
        for line in lines {
            let parts = max(1, (line.cells.count + new - 1) / new)
            for part in 0..<parts {
                let slice = Array(
                    line.cells[min(line.cells.count, part * new)..<min(line.cells.count, (part + 1) * new)])
                if let cursor = line.cursor, cursor / new == part || part == parts - 1 && cursor / new >= parts {
                    (row, column) = (rebuilt.count, min(cursor - part * new, new - 1))
                }
                rebuilt.append(slice + Array(repeating: " ", count: new - slice.count))
                continued.append(part < parts - 1)
            }
        }
        while rebuilt.count > rows, row > 0, rebuilt.count - 1 > row || rebuilt.count > rows {
            if rebuilt.count - 1 > row, rebuilt.last?.allSatisfy({ $0 == " " }) == true {
                rebuilt.removeLast()
                continued.removeLast()
            } else {
                scrolledOff.append(Screen.text(rebuilt.removeFirst()))
                continued.removeFirst()
                row -= 1
            }
        }
        while rebuilt.count < rows {
            rebuilt.append(Array(repeating: " ", count: new))
            continued.append(false)
        }
        (cells, isContinued, columns, isWrapPending) = (rebuilt, continued, new, false)
    }
    /// A terminal that does not reflow: lines are cut or padded, the bottom stays.
    mutating func resize(columns: Int, rows: Int) {
        isContinued = Array(repeating: false, count: rows)
        while cells.count > rows {
            if row < cells.count - 1 { cells.removeLast() } else { scroll(); cells.removeLast(); row -= 1 }
        }
        while cells.count < rows { cells.append(Array(repeating: " ", count: self.columns)) }
        for index in cells.indices {
            cells[index] =
                Array(cells[index].prefix(columns)) + Array(repeating: " ", count: max(0, columns - cells[index].count))
        }
        (self.columns, self.rows) = (columns, rows)
        (row, column, isWrapPending) = (min(row, rows - 1), min(column, columns - 1), false)
    }

    // MARK: - Input

    mutating func feed(_ bytes: [UInt8]) {
        pending += bytes
        var at = 0
        while at < pending.count {
            let length = take(at)
            if length == 0 { break }
            at += length
        }
        pending.removeFirst(at)
    }
    /// Handles what begins at the offset; returns its length, 0 when the rest has not come yet.
    private mutating func take(_ at: Int) -> Int {
        let byte = pending[at]
        switch byte {
        case 0x1B: return escape(at)
        case 10: lineFeed()
        case 13: (column, isWrapPending) = (0, false)
        case 8: (column, isWrapPending) = (max(0, column - 1), false)
        case 9: column = min(columns - 1, (column / 8 + 1) * 8)
        case 0..<32, 127: break
        default:
            let length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
            guard at + length <= pending.count else { return 0 }
            put(String(decoding: pending[at..<(at + length)], as: UTF8.self))
            return length
        }
        return 1
    }
    private mutating func put(_ text: String) {
        guard let scalar = text.unicodeScalars.first else { return }
        let width = TextWidth.of(scalar)
        if width == 0 {
            if column > 0 { cells[row][column - (isWrapPending ? 0 : 1)] += text }
            return
        }
        if isWrapPending || column + width > columns {
            column = 0
            isContinued[row] = true
            lineFeed()
        }
        isWrapPending = false
        cells[row][column] = text
        if width == 2 { cells[row][column + 1] = "" }
        column += width
        if column >= columns { (column, isWrapPending) = (columns - 1, true) }
    }
    private mutating func lineFeed() {
        isWrapPending = false
        if row == rows - 1 { scroll() } else { row += 1 }
    }
    private mutating func scroll() {
        scrolledOff.append(Screen.text(cells.removeFirst()))
        cells.append(Array(repeating: " ", count: columns))
        isContinued.removeFirst()
        isContinued.append(false)
    }

    private mutating func escape(_ at: Int) -> Int {
        guard at + 1 < pending.count else { return 0 }
        switch pending[at + 1] {
        case UInt8(ascii: "["):
            guard let end = pending[(at + 2)...].firstIndex(where: { (0x40...0x7E).contains($0) }) else { return 0 }
            control(String(decoding: pending[(at + 2)..<end], as: UTF8.self), pending[end])
            return end - at + 1
        case UInt8(ascii: "]"):
            guard let end = pending[(at + 2)...].firstIndex(where: { $0 == 7 || $0 == 0x1B }) else { return 0 }
            return end - at + (pending[end] == 7 ? 1 : 2)
        case UInt8(ascii: "7"): saved = (row, column)
        case UInt8(ascii: "8"): (row, column, isWrapPending) = (saved.row, saved.column, false)
        case UInt8(ascii: "="), UInt8(ascii: ">"): break
        case UInt8(ascii: "("), UInt8(ascii: ")"): return at + 2 < pending.count ? 3 : 0
        default: unknown.append("ESC \(Character(UnicodeScalar(pending[at + 1])))")
        }
        return 2
    }
    private mutating func control(_ parameters: String, _ final: UInt8) {
        let numbers = parameters.split(separator: ";").map { Int($0) ?? 0 }
        let count = max(1, numbers.first ?? 1)
        let blank = " "
        if final != UInt8(ascii: "m") { isWrapPending = false }
        switch final {
        case UInt8(ascii: "m"): styles.append(parameters)
        case UInt8(ascii: "A"): row = max(0, row - count)
        case UInt8(ascii: "B"): row = min(rows - 1, row + count)
        case UInt8(ascii: "C"): column = min(columns - 1, column + count)
        case UInt8(ascii: "D"): column = max(0, column - count)
        case UInt8(ascii: "G"): column = min(columns - 1, count - 1)
        case UInt8(ascii: "d"): row = min(rows - 1, count - 1)
        case UInt8(ascii: "H"), UInt8(ascii: "f"):
            row = min(rows - 1, count - 1)
            column = numbers.count > 1 ? min(columns - 1, max(1, numbers[1]) - 1) : 0
        case UInt8(ascii: "J"):
            let all = numbers.first ?? 0 >= 2
            for index in (all ? 0 : row)..<rows {
                isContinued[index] = false
                for place in (index == row && !all ? column : 0)..<columns { cells[index][place] = blank }
            }
        case UInt8(ascii: "K"):
            let mode = numbers.first ?? 0
            if mode != 1 { isContinued[row] = false }
            for place in (mode == 0 ? column : 0)..<(mode == 1 ? column + 1 : columns) { cells[row][place] = blank }
        case UInt8(ascii: "P"):
            let removed = min(count, columns - column)
            cells[row].removeSubrange(column..<(column + removed))
            cells[row] += Array(repeating: blank, count: removed)
        case UInt8(ascii: "@"):
            cells[row].insert(contentsOf: Array(repeating: blank, count: min(count, columns - column)), at: column)
            cells[row] = Array(cells[row].prefix(columns))
        case UInt8(ascii: "X"): for place in column..<min(columns, column + count) { cells[row][place] = blank }
        case UInt8(ascii: "h"), UInt8(ascii: "l"):
            guard parameters == "?2004" else { break }
            hasBracketedPaste = final == UInt8(ascii: "h")
            if !hasBracketedPaste { accepted += 1 }
        case UInt8(ascii: "r"), UInt8(ascii: "n"), UInt8(ascii: "c"), UInt8(ascii: "t"), UInt8(ascii: "p"),
            UInt8(ascii: "q"):
            break
        default: unknown.append("CSI \(parameters)\(Character(UnicodeScalar(final)))")
        }
    }
}
