import Base

/// A token beside a vocabulary: matched in the text before the vocabulary is used.
struct AddedToken: Sendable {
    var content: String
    var identifier: Int
    /// Swallow white space before, after the token.
    var stripsLeft = false, stripsRight = false
    /// Match only where no letter touches it.
    var isWholeWord = false
    /// One that `decode(skippingSpecial:)` leaves out.
    var isSpecial = true

    /// Those of a `tokenizer.json`. Throws `TextError` for one without text or number.
    static func list(_ tokens: JSON?, path: String) throws -> [AddedToken] {
        try (tokens?.array ?? []).map { token in
            guard let id = token["id"]?.integer, id >= 0, let content = token["content"]?.string else {
                throw TextError.malformed(path: path, reason: "'added_tokens' has an entry \(token.text().prefix(40))")
            }
            func flag(_ name: String) -> Bool { token[name]?.bool ?? false }
            return AddedToken(
                content: content, identifier: id, stripsLeft: flag("lstrip"), stripsRight: flag("rstrip"),
                isWholeWord: flag("single_word"), isSpecial: flag("special"))
        }
    }
}

/// Cuts a text at added tokens: the leftmost match first, the longest of those that begin there.
struct AddedTokenSplitter: Sendable {
    private var byFirstByte: [UInt8: [(bytes: [UInt8], token: AddedToken)]] = [:]

    init(_ tokens: some Sequence<AddedToken>) {
        for token in tokens {
            let bytes = Array(token.content.utf8)
            if let first = bytes.first { byFirstByte[first, default: []].append((bytes, token)) }
        }
        for first in byFirstByte.keys { byFirstByte[first]?.sort { $0.bytes.count > $1.bytes.count } }
    }

    /// A piece of the text, or an added token.
    enum Part: Sendable {
        case text(String)
        case token(AddedToken)
    }

    /// The parts in order, white space beside tokens that strip it removed, none of them empty.
    func split(_ text: String) -> [Part] {
        var parts: [Part] = [], start = 0, at = 0
        let bytes = Array(text.utf8)
        func flush() { if start < at { parts.append(.text(String(decoding: bytes[start..<at], as: UTF8.self))) } }
        while at < bytes.count {
            guard let match = byFirstByte[bytes[at]]?.first(where: { bytes[at...].starts(with: $0.bytes) }) else {
                at += 1
                continue
            }
            flush()
            parts.append(.token(match.token))
            at += match.bytes.count
            start = at
        }
        flush()
        return stripped(parts)
    }

    private func stripped(_ parts: [Part]) -> [Part] {
        var parts = parts
        for (place, part) in parts.enumerated() {
            guard case .token(let token) = part else { continue }
            if token.stripsRight, place + 1 < parts.count, case .text(let right) = parts[place + 1] {
                parts[place + 1] = .text(right.strippingLeft)
            }
            if token.stripsLeft, place > 0, case .text(let left) = parts[place - 1] {
                parts[place - 1] = .text(left.strippingRight)
            }
            if token.isWholeWord { joinToWord(token, at: place, in: &parts) }
        }
        return parts.filter { if case .text("") = $0 { false } else { true } }
    }

    /// A whole-word token that touches other text is part of that text.
    private func joinToWord(_ token: AddedToken, at place: Int, in parts: inout [Part]) {
        if place > 0, case .text(let left) = parts[place - 1], let last = left.unicodeScalars.last, last != " " {
            parts[place - 1] = .text(left + token.content)
            parts[place] = .text("")
        } else if place + 1 < parts.count, case .text(let right) = parts[place + 1],
            let first = right.unicodeScalars.first, first != " "
        {
            parts[place + 1] = .text(token.content + right)
            parts[place] = .text("")
        }
    }
}

extension Unicode.Scalar {
    /// White space as Python's `str.isspace` has it: Unicode's, and the four ASCII separators.
    fileprivate var isSpace: Bool { properties.isWhitespace || (0x1C...0x1F).contains(value) }
}

extension String {
    /// Without white space at the start, as Python's `str.lstrip`.
    var strippingLeft: String { String(String.UnicodeScalarView(unicodeScalars.drop(while: \.isSpace))) }
    /// Without white space at the end, as Python's `str.rstrip`.
    var strippingRight: String {
        var scalars = unicodeScalars[...]
        while let last = scalars.last, last.isSpace { scalars.removeLast() }
        return String(String.UnicodeScalarView(scalars))
    }
}
