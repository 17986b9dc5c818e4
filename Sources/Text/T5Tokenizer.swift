import Base

/// The tokenizer of T5, as transformers' `T5Tokenizer` behaves: special tokens in the text are recognised,
/// SentencePiece does the rest, `</s>` closes every text. Safe to use from several threads at once.
public final class T5Tokenizer: Sendable {
    private static let underline = "\u{2581}"  // ▁, SentencePiece's visible space
    private static let spaces: Set<Unicode.Scalar> = ["\u{2581}", " "]
    private let pieces: SentencePiece
    private let configuration: T5TokenizerConfiguration
    private let added: [Int: AddedToken]
    private let splitter: AddedTokenSplitter
    private let special: Set<Int>

    /// The ID that fills a text up.
    public let padding: Int
    /// The ID that closes a text.
    public let end: Int
    /// The ID of what the vocabulary does not hold.
    public let unknown: Int
    /// IDs are below this: pieces, extra IDs and other added tokens.
    public let count: Int

    /// Reads `spiece.model`, or `tokenizer.json` where there is only that, and the JSON files beside it. Throws
    /// `TextError`, `FileError` or `JSONError`.
    public convenience init(folder: String) throws {
        let path = Path.join(folder, "spiece.model"), json = Path.join(folder, "tokenizer.json")
        var configuration = try T5TokenizerConfiguration(folder: folder)
        guard !Files.exists(path), Files.exists(json) else {
            try self.init(Files.read(path), path: path, configuration)
            return
        }
        let file = try UnigramTokenizerFile(path: json)
        if configuration.listed.isEmpty { configuration.listed = file.added }
        // What the file does is not what its configuration says that older versions did.
        (configuration.isLegacy, configuration.repeatsEnd) = (file.prefixesEveryPart, true)
        try self.init(file.model, path: json, configuration)
    }

    /// A tokenizer with T5's defaults on the bytes of a SentencePiece model; `path` names it in errors.
    public convenience init(model: [UInt8], path: String = "spiece.model") throws {
        var configuration = T5TokenizerConfiguration()
        configuration.additional = (0..<configuration.extraCount).map { "<extra_id_\($0)>" }
        try self.init(model, path: path, configuration)
    }

    init(_ model: [UInt8], path: String, _ configuration: T5TokenizerConfiguration) throws {
        let pieces = try SentencePiece(model, path: path, addsDummyPrefix: configuration.isLegacy ? nil : false)
        var added: [Int: AddedToken] = [:]
        // Extra IDs count down from the end of the vocabulary and swallow the spaces around them.
        for place in 0..<configuration.extraCount {
            let id = pieces.count + configuration.extraCount - 1 - place
            added[id] = AddedToken(content: "<extra_id_\(place)>", identifier: id, stripsLeft: true, stripsRight: true)
        }
        for token in configuration.listed { added[token.identifier] = token }
        var identifiers = Dictionary(added.values.map { ($0.content, $0.identifier) }) { max($0, $1) }
        let named = [configuration.end, configuration.unknown, configuration.padding]
        for name in named + configuration.additional where identifiers[name] == nil {
            let piece = pieces.identifier(of: name)
            let isPiece = try pieces.piece(piece) == name
            let id = isPiece ? piece : max(pieces.count, (added.keys.max() ?? -1) + 1)
            added[id] = AddedToken(content: name, identifier: id)
            identifiers[name] = id
        }
        (self.pieces, self.configuration, self.added) = (pieces, configuration, added)
        splitter = AddedTokenSplitter(added.values)
        end = identifiers[configuration.end] ?? 1
        unknown = identifiers[configuration.unknown] ?? pieces.unknown
        padding = identifiers[configuration.padding] ?? 0
        special = Set((named + configuration.additional).compactMap { identifiers[$0] })
        count = max(pieces.count, (added.keys.max() ?? -1) + 1)
    }

    // MARK: - Encoding

    /// Token IDs with `</s>` at the end, neither cut nor padded. Throws `TextError`.
    public func encode(_ text: String) throws -> [Int] { closed(try tokens(text)) }

    /// Exactly `length` IDs: cut with `</s>` kept, or filled up with padding. The mask is 1 for tokens, 0 for padding.
    /// Throws `TextError`.
    public func encode(_ text: String, length: Int) throws -> (identifiers: [Int], mask: [Int]) {
        guard length >= 1 else { throw TextError.length(length) }
        let ids = closed(Array(try tokens(text).prefix(length - 1)))
        let rest = length - ids.count
        return (
            ids + Array(repeating: padding, count: rest),
            Array(repeating: 1, count: ids.count) + Array(repeating: 0, count: rest)
        )
    }

    /// A text that already ends in `</s>` gets no second one, but from a `tokenizer.json`.
    private func closed(_ ids: [Int]) -> [Int] {
        ids.last == end && !configuration.repeatsEnd ? ids : ids + [end]
    }

    private func tokens(_ text: String) throws -> [Int] {
        if configuration.isLegacy || text.isEmpty {
            return try splitter.split(text).flatMap { part in
                switch part {
                case .token(let token): [token.identifier]
                case .text(let text): try pieces.encode(text)
                }
            }
        }
        return try tokensWithoutDummyPrefix(text)
    }

    /// The behaviour of `"legacy": false`: the space at the start of the text is ours, and none appears after a
    /// special token.
    private func tokensWithoutDummyPrefix(_ text: String) throws -> [Int] {
        var spaced = String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\u{2581}" ? " " : $0 }))
        if configuration.addsPrefixSpace { spaced = Self.underline + spaced }
        var ids: [Int] = [], secondIsSpecial = false
        // SentencePiece drops a leading space; behind the unknown token's text it stays, and that is cut off again.
        let guardCount = try pieces.encode(configuration.unknown).count
        for part in splitter.split(spaced) {
            switch part {
            case .token(let token):
                if ids.count == 1 { secondIsSpecial = special.contains(token.identifier) }
                ids.append(token.identifier)
            case .text(let text) where text.unicodeScalars.first.map { Self.spaces.contains($0) } ?? false:
                let guarded = try pieces.encode(configuration.unknown + text)
                ids += guarded.count >= guardCount ? Array(guarded.dropFirst(guardCount)) : guarded
            case .text(let text): ids += try pieces.encode(text)
            }
        }
        if secondIsSpecial, ids.first == pieces.identifier(of: Self.underline) { ids.removeFirst() }
        return ids
    }

    // MARK: - Decoding

    /// The text of IDs, as `decode` of transformers writes it: special tokens in plain, separated by spaces where
    /// the vocabulary does not hold them. Throws `TextError.identifier`.
    public func decode(_ identifiers: [Int], skippingSpecial: Bool = false) throws -> String {
        var parts: [String] = [], run: [Int] = []
        func flush() throws {
            let text = run.isEmpty ? "" : try joined(run)
            if !text.isEmpty { parts.append(text) }
            run = []
        }
        for id in identifiers {
            guard (0..<count).contains(id) else { throw TextError.identifier(id, vocabulary: count) }
            if skippingSpecial, special.contains(id) { continue }
            // Tokens beyond the pieces stand alone, special ones among the pieces run with the text.
            if let token = added[id], id >= pieces.count || !special.contains(id) {
                try flush()
                parts.append(token.content)
            } else {
                run.append(id)
            }
        }
        try flush()
        let text = parts.joined(separator: " ")
        return configuration.cleansUpSpaces ? Self.cleanedUp(text) : text
    }

    private func joined(_ identifiers: [Int]) throws -> String {
        var out = "", run: [Int] = [], previousIsSpecial = false
        for id in identifiers {
            guard special.contains(id), let token = added[id] else {
                run.append(id)
                previousIsSpecial = false
                continue
            }
            if !previousIsSpecial { out += " " }
            out += try pieces.decode(run) + token.content
            (run, previousIsSpecial) = ([], true)
        }
        return (out + (try pieces.decode(run))).strippingLeft.strippingRight
    }

    /// Spaces that English does not write, taken out in transformers' order.
    private static func cleanedUp(_ text: String) -> String {
        let rules = [
            (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
            (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
        ]
        // By bytes: a search by characters would miss a mark that carries a combining accent.
        let bytes = rules.reduce(Array(text.utf8)) { $0.replacing(Array($1.0.utf8), with: Array($1.1.utf8)) }
        return String(decoding: bytes, as: UTF8.self)
    }
}
