import Base
import Foundation

/// A byte-level BPE tokenizer out of a `tokenizer.json`, as Qwen and Llama 3 publish it: text is split by a pattern, bytes
/// stand for letters, and pairs are merged by rank. Equal to `tokenizers` for this kind of file; any other kind is refused.
public struct ByteLevelTokenizer: PromptTokenizer {
    private let file: BytePairFile
    /// Tokens that stand in a text as they are.
    private let splitter: AddedTokenSplitter
    private let added: Set<Int>, special: Set<Int>
    /// The token of each byte alone.
    private let bytes: [Int?]
    private let pattern: String
    private let isNormalized: Bool

    /// Reads `tokenizer.json`. Throws `FileError`, `JSONError` or `TextError`.
    public init(file path: String) throws {
        let json = try Files.json(path)
        file = try BytePairFile(json, path: path)
        guard let pattern = Self.pattern(json["pre_tokenizer"]) else {
            throw file.refusal("does not split text by a pattern")
        }
        self.pattern = pattern
        isNormalized = json["normalizer"]?["type"]?.string == "NFC"
        if !isNormalized, json["normalizer"].map({ !$0.isNull }) == true {
            throw file.refusal("normalizes in an unknown way")
        }
        splitter = AddedTokenSplitter(file.added)
        added = Set(file.added.map(\.identifier))
        special = Set(file.added.filter(\.isSpecial).map(\.identifier))
        bytes = Self.letters.map { [file] in file.id(of: $0) }
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

    /// See `PromptTokenizer`.
    public func id(of token: String) -> Int? { file.id(of: token) }

    /// See `PromptTokenizer`.
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
            // Every byte is in a vocabulary of this kind; a damaged one loses what it lacks.
            out += file.pairs.merged(text[match.range].utf8.compactMap { bytes[Int($0)] })
        }
    }

    /// See `PromptTokenizer`.
    public func decode(_ identifiers: [Int]) -> String {
        var out: [UInt8] = []
        for id in identifiers where !special.contains(id) {
            guard let text = file.texts[id] else { continue }
            out += added.contains(id) ? Array(text.utf8) : text.unicodeScalars.compactMap { Self.byteOf[$0] }
        }
        return String(decoding: out, as: UTF8.self)
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
    private static let byteOf: [Unicode.Scalar: UInt8] = Dictionary(
        uniqueKeysWithValues: letters.enumerated().compactMap { byte, letter in
            letter.unicodeScalars.first.map { ($0, UInt8(byte)) }
        })
}
