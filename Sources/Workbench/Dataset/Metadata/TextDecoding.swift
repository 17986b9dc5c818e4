import Base
import Glibc

/// Text files as editors of any system write them: UTF-8, UTF-16 by its mark, and what older Windows editors leave, which
/// has to be guessed.
struct TextDecoding {
    /// In UTF-8, with the mark where the file has that of UTF-8.
    let bytes: [UInt8]
    /// What it was taken for, `nil` for UTF-8.
    let encoding: String?
    let isGuess: Bool

    private init(bytes: [UInt8], encoding: String? = nil, isGuess: Bool = false) {
        (self.bytes, self.encoding, self.isGuess) = (bytes, encoding, isGuess)
    }

    /// `nil` for what is no text in any encoding that is known here.
    init?(_ bytes: [UInt8]) {
        let pairs = bytes.dropFirst(2)
        switch bytes.prefix(2) {
        case [0xFF, 0xFE]: self.init(pairs, "UTF-16") { UInt16($0) | UInt16($1) << 8 }
        case [0xFE, 0xFF]: self.init(pairs, "UTF-16") { UInt16($0) << 8 | UInt16($1) }
        default:
            if String(validating: bytes, as: UTF8.self) != nil {
                self.init(bytes: bytes)
            } else {
                guard let (text, encoding) = Self.guess(bytes) else { return nil }
                self.init(bytes: Array(text.utf8), encoding: encoding, isGuess: true)
            }
        }
    }
    private init?(_ pairs: ArraySlice<UInt8>, _ encoding: String, _ unit: (UInt8, UInt8) -> UInt16) {
        guard pairs.count % 2 == 0 else { return nil }
        let units = stride(from: pairs.startIndex, to: pairs.endIndex, by: 2).map { unit(pairs[$0], pairs[$0 + 1]) }
        guard let text = String(validating: units, as: UTF16.self) else { return nil }
        self.init(bytes: Array(text.utf8), encoding: encoding)
    }

    /// For a person: how the file was read, with a piece of it where that may be wrong. `nil` for UTF-8.
    func remark(_ name: String) -> String? {
        guard let encoding else { return nil }
        if !isGuess { return "\(name) is \(encoding); it will be UTF-8 when it is written" }
        let text = String(decoding: bytes, as: UTF8.self)
        let odd = text.firstIndex { !$0.isASCII } ?? text.startIndex
        let start = text.index(odd, offsetBy: -12, limitedBy: text.startIndex) ?? text.startIndex
        let piece = String(text[start...].prefix(24).map { $0.isNewline ? " " : $0 })
        return "\(name) is not UTF-8 and was read as \(encoding), which is a guess: '\(piece)'"
    }

    // MARK: Guessing

    /// Encodings of two bytes a character, by how many of their characters would be usual ones; else one of one byte.
    private static func guess(_ bytes: [UInt8]) -> (text: String, encoding: String)? {
        guard !bytes.contains(where: { $0 < 32 && ![9, 10, 12, 13].contains($0) }) else { return nil }
        let double = [("GB18030", isUsualChinese), ("BIG5", isUsualTraditional), ("SHIFT_JIS", isUsualJapanese)]
        let ranked = double.map { (name: $0.0, share: usual(bytes, $0.1)) }.filter { $0.share >= 0.75 }
        // The first of equals: `max` would give the last.
        if let best = ranked.map(\.share).max(), let name = ranked.first(where: { $0.share == best })?.name,
            let text = converted(bytes, from: name)
        {
            return (text, name)
        }
        if isCyrillic(bytes), let text = converted(bytes, from: "CP1251") { return (text, "Windows-1251") }
        return windows(bytes).map { ($0, "Windows-1252") }
    }
    /// The share of a text's characters beyond ASCII that are usual, read as pairs of bytes; 0 without any.
    private static func usual(_ bytes: [UInt8], _ isUsual: (UInt8, UInt8) -> Bool) -> Double {
        var place = 0, all = 0, good = 0
        while place < bytes.count {
            guard bytes[place] >= 0x80 else {
                place += 1
                continue
            }
            all += 1
            if place + 1 < bytes.count, isUsual(bytes[place], bytes[place + 1]) { good += 1 }
            place += 2
        }
        return all == 0 ? 0 : Double(good) / Double(all)
    }
    /// Punctuation and the 3,755 characters of the first level.
    private static func isUsualChinese(_ first: UInt8, _ second: UInt8) -> Bool {
        ((0xA1...0xA3).contains(first) || (0xB0...0xD7).contains(first)) && second >= 0xA1
    }
    /// Punctuation and the 5,401 usual characters.
    private static func isUsualTraditional(_ first: UInt8, _ second: UInt8) -> Bool {
        (0xA1...0xC6).contains(first) && ((0x40...0x7E).contains(second) || second >= 0xA1)
    }
    /// Punctuation, kana, and kanji of the first level.
    private static func isUsualJapanese(_ first: UInt8, _ second: UInt8) -> Bool {
        let isLead = [0x81, 0x82, 0x83].contains(first) || (0x88...0x97).contains(first)
        // A curly apostrophe of Windows before a letter would pass for one.
        return isLead && second >= 0x40 && second != 0x7F && !(first >= 0x91 && first <= 0x97 && second < 0x80)
    }
    /// Words of letters beyond ASCII alone, which no Western language has.
    private static func isCyrillic(_ bytes: [UInt8]) -> Bool {
        let runs = bytes.split { $0 < 0x80 }.map(\.count)
        return runs.reduce(0) { $0 + ($1 >= 3 ? $1 : 0) } * 2 > runs.reduce(0, +)
    }

    private static func converted(_ bytes: [UInt8], from encoding: String) -> String? {
        guard let converter = iconv_open("UTF-8", encoding), converter != iconv_t(bitPattern: -1) else { return nil }
        defer { iconv_close(converter) }
        var source = bytes.map(CChar.init(bitPattern:)), out = [CChar](repeating: 0, count: bytes.count * 4 + 16)
        let written: Int? = source.withUnsafeMutableBufferPointer { source in
            out.withUnsafeMutableBufferPointer { out in
                var from = source.baseAddress, to = out.baseAddress
                var left = source.count, room = out.count
                let count = iconv(converter, &from, &left, &to, &room)
                return count != -1 && left == 0 ? out.count - room : nil
            }
        }
        return written.flatMap { String(validating: out.prefix($0).map(UInt8.init(bitPattern:)), as: UTF8.self) }
    }
    private static func windows(_ bytes: [UInt8]) -> String? {
        var text = String.UnicodeScalarView()
        for byte in bytes {
            if (0x80...0x9F).contains(byte) {
                guard let scalar = upper[Int(byte - 0x80)] else { return nil }
                text.append(scalar)
            } else {
                text.append(Unicode.Scalar(byte))
            }
        }
        return String(text)
    }
    /// 0x80 to 0x9F of Windows-1252; five are not taken.
    private static let upper: [Unicode.Scalar?] = [
        "€", nil, "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", nil, "Ž", nil,
        nil, "‘", "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", nil, "ž", "Ÿ",
    ]
}
