import Base
import Foundation

/// A byte-level BPE tokenizer out of a `tokenizer.json`, as Qwen and Llama 3 publish it: text is split by a pattern, bytes
/// stand for letters, and pairs are merged by rank. Equal to `tokenizers` for this kind of file; any other kind is refused.
public struct ByteLevelTokenizer: Sendable {
    private let ids: [String: Int]
    private let ranks: [Pair: Int]
    private let texts: [Int: String]
    /// Tokens that stand in a text as they are.
    private let splitter: AddedTokenSplitter
    private let added: Set<Int>, special: Set<Int>
    private let pattern: String
    private let isNormalized: Bool

    private struct Pair: Hashable { let left: String, right: String }

    /// Reads `tokenizer.json`. Throws `FileError`, `JSONError` or `TextError`.
    public init(file path: String) throws {
        let json = try Files.json(path)
        func refuse(_ what: String) -> TextError { .malformed(path: path, reason: "it \(what)") }
        guard let model = json["model"], model["type"]?.string == "BPE", let vocabulary = model["vocab"]?.object else {
            throw refuse("is no byte pair encoding")
        }
        guard let pattern = Self.pattern(json["pre_tokenizer"]) else {
            throw refuse("does not split text by a pattern")
        }
        self.pattern = pattern
        isNormalized = json["normalizer"]?["type"]?.string == "NFC"
        if !isNormalized, json["normalizer"].map({ !$0.isNull }) == true {
            throw refuse("normalizes in an unknown way")
        }
        var ids: [String: Int] = [:], texts: [Int: String] = [:], ranks: [Pair: Int] = [:]
        for (text, id) in vocabulary.members {
            guard let id = id.integer, id >= 0 else { throw refuse("has '\(text)' without a number") }
            (ids[text], texts[id]) = (id, text)
        }
        for (rank, merge) in (model["merges"]?.array ?? []).enumerated() {
            let parts = merge.array?.compactMap(\.string) ?? merge.string?.split(separator: " ").map(String.init) ?? []
            guard parts.count == 2 else { throw refuse("has a merge (number \(rank + 1)) that is no pair") }
            ranks[Pair(left: parts[0], right: parts[1])] = rank
        }
        var added: [AddedToken] = []
        for token in json["added_tokens"]?.array ?? [] {
            guard let text = token["content"]?.string, !text.isEmpty, let id = token["id"]?.integer else {
                throw refuse("has an added token without text or number")
            }
            added.append(
                AddedToken(
                    content: text, identifier: id, stripsLeft: token["lstrip"]?.bool ?? false,
                    stripsRight: token["rstrip"]?.bool ?? false, isWholeWord: token["single_word"]?.bool ?? false,
                    isSpecial: token["special"]?.bool ?? false))
            (ids[text], texts[id]) = (id, text)
        }
        (self.ids, self.texts, self.ranks, splitter) = (ids, texts, ranks, AddedTokenSplitter(added))
        self.added = Set(added.map(\.identifier))
        special = Set(added.filter(\.isSpecial).map(\.identifier))
        _ = try Regex<AnyRegexOutput>(pattern)
    }
    /// The pattern of a `Split` before a `ByteLevel`.
    private static func pattern(_ json: JSON?) -> String? {
        let parts = json?["pretokenizers"]?.array ?? json.map { [$0] } ?? []
        guard parts.last?["type"]?.string == "ByteLevel", parts.last?["use_regex"]?.bool != true else { return nil }
        let split = parts.first { $0["type"]?.string == "Split" }
        guard split?["behavior"]?.string == "Isolated" else { return nil }
        return split?["pattern"]?["Regex"]?.string
    }

    /// The ID of a token that the vocabulary or the added tokens have.
    public func id(of token: String) -> Int? { ids[token] }

    /// Token IDs. Added tokens that stand in the text are themselves, special ones too.
    public func encode(_ text: String) throws -> [Int] {
        var out: [Int] = []
        for part in splitter.split(text) {
            switch part {
            case .token(let token): out.append(token.identifier)
            case .text(let text): try encode(plain: text, into: &out)
            }
        }
        return out
    }
    private func encode(plain text: String, into out: inout [Int]) throws {
        let text = isNormalized ? text.precomposedStringWithCanonicalMapping : text
        let regex = try Regex<AnyRegexOutput>(pattern).matchingSemantics(.unicodeScalar)
        for match in text.matches(of: regex) {
            for piece in merged(text[match.range].utf8.map { Self.letters[Int($0)] }) {
                // Every byte is in a vocabulary of this kind; a damaged one loses what it lacks.
                if let id = ids[piece] { out.append(id) }
            }
        }
    }
    private func merged(_ letters: [String]) -> [String] {
        var parts = letters
        while parts.count > 1 {
            var best: (rank: Int, place: Int)?
            for place in 0..<(parts.count - 1) {
                guard let rank = ranks[Pair(left: parts[place], right: parts[place + 1])] else { continue }
                if rank < best?.rank ?? .max { best = (rank, place) }
            }
            guard let best else { break }
            parts[best.place] += parts.remove(at: best.place + 1)
        }
        return parts
    }

    /// The text of IDs, without special tokens. Bytes that are no UTF-8 become replacement characters.
    public func decode(_ identifiers: [Int]) -> String {
        var bytes: [UInt8] = []
        for id in identifiers where !special.contains(id) {
            guard let text = texts[id] else { continue }
            if added.contains(id) {
                bytes += text.utf8
            } else {
                bytes += text.unicodeScalars.compactMap { Self.bytes[$0] }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// GPT-2's letter for each byte: itself where it can be seen, else one from 256 on.
    private static let letters: [String] = {
        var next: UInt32 = 256
        return (0..<256).map { byte in
            let isVisible = (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            defer { if !isVisible { next += 1 } }
            return Unicode.Scalar(isVisible ? UInt32(byte) : next).map { String(Character($0)) } ?? ""
        }
    }()
    private static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
        uniqueKeysWithValues: letters.enumerated().compactMap { byte, letter in
            letter.unicodeScalars.first.map { ($0, UInt8(byte)) }
        })
}
