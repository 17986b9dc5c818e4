import Base

/// Llama 2's tokenizer, as LLaVA and Vicuna publish it: SentencePiece's byte pair encoding, out of `tokenizer.json` or, where there is
/// none, of `tokenizer.model`. A text is one word; spaces are `▁`; what is not in the vocabulary is its bytes.
public struct LlamaTokenizer: PromptTokenizer {
    /// Where a `▁` is put before a text.
    public enum Prefix: Sendable {
        /// Before every part between added tokens: what the models were trained with, and transformers 4 gives.
        case everyPart
        /// Before the first part alone, unless it begins with a space: transformers 5.
        case first
    }
    private let file: BytePairFile
    private let splitter: AddedTokenSplitter
    private let special: Set<Int>
    private let prefix: Prefix
    private let begin: [Int], unknown: Int?
    /// The ID of each byte's token.
    private let bytes: [Int?], byteOf: [Int: UInt8]

    /// - Parameter prefix: nil takes what the file says.
    /// - Throws: `FileError`, `JSONError` or `TextError`.
    public init(folder: String, prefix: Prefix? = nil) throws {
        let path = Path.join(folder, "tokenizer.json"), model = Path.join(folder, "tokenizer.model")
        if Files.exists(path) || !Files.exists(model) {
            let json = try Files.json(path)
            let file = try BytePairFile(json, path: path)
            try self.init(file, prefix: prefix ?? Self.prefix(json, file), begin: Self.begin(json))
        } else {
            try self.init(model: model, folder, prefix: prefix)
        }
    }
    /// A vocabulary alone, with the added tokens that files beside it name.
    private init(model path: String, _ folder: String, prefix: Prefix?) throws {
        let sentencePiece = try SentencePiece(Files.read(path), path: path)
        let pieces = try (0..<sentencePiece.count).map { try sentencePiece.piece($0) }
        var added = ["<unk>", "<s>", "</s>"].compactMap { text in
            pieces.firstIndex(of: text).map { AddedToken(content: text, identifier: $0) }
        }
        let names = Path.join(folder, "added_tokens.json")
        for (text, id) in Files.exists(names) ? try Files.json(names).object?.members ?? [] : [] {
            guard let id = id.integer, id >= 0 else {
                throw TextError.malformed(path: names, reason: "it has '\(text)' without a number")
            }
            added.append(AddedToken(content: text, identifier: id))
        }
        let file = BytePairFile(pieces: pieces, added: added, path: path)
        guard file.id(of: "<0x00>") != nil else { throw file.refusal("has no tokens for bytes") }
        try self.init(file, prefix: prefix ?? .everyPart, begin: ["<s>"])
    }
    private init(_ file: BytePairFile, prefix: Prefix, begin: [String]) throws {
        self.file = file
        self.prefix = prefix
        self.begin = try begin.map { text in
            guard let id = file.id(of: text) else { throw file.refusal("begins texts with '\(text)', which it lacks") }
            return id
        }
        splitter = AddedTokenSplitter(file.added)
        special = Set(file.added.filter(\.isSpecial).map(\.identifier))
        unknown = file.id(of: "<unk>")
        bytes = (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            return file.id(of: "<0x\(byte < 16 ? "0" : "")\(digits)>")
        }
        byteOf = Dictionary(
            uniqueKeysWithValues: bytes.enumerated().compactMap { byte, id in id.map { ($0, UInt8(byte)) } })
    }
    /// How spaces are written: by a normalizer, as first published, or by a pre-tokenizer, as transformers 5 saves it.
    private static func prefix(_ json: JSON, _ file: BytePairFile) throws -> Prefix {
        guard json["model"]?["byte_fallback"]?.bool == true else { throw file.refusal("has no tokens for bytes") }
        let steps = json["normalizer"]?["normalizers"]?.array ?? []
        if steps.map({ $0["type"]?.string }) == ["Prepend", "Replace"], steps[0]["prepend"]?.string == "▁",
            steps[1]["pattern"]?["String"]?.string == " ", steps[1]["content"]?.string == "▁",
            json["pre_tokenizer"]?.isNull ?? true
        {
            return .everyPart
        }
        let words = json["pre_tokenizer"]
        if words?["type"]?.string == "Metaspace", words?["replacement"]?.string == "▁", words?["split"]?.bool == false,
            json["normalizer"]?.isNull ?? true
        {
            switch words?["prepend_scheme"]?.string {
            case "first": return .first
            case "always": return .everyPart
            default: break
            }
        }
        throw file.refusal("writes spaces in another way than Llama's")
    }
    /// What its template puts before a text.
    private static func begin(_ json: JSON) -> [String] {
        let steps = json["post_processor"]?["single"]?.array ?? []
        return steps.prefix { $0["Sequence"] == nil }.compactMap { $0["SpecialToken"]?["id"]?.string }
    }

    /// See `PromptTokenizer`.
    public func id(of token: String) -> Int? { file.id(of: token) }

    /// See `PromptTokenizer`.
    public func encode(_ text: String) throws -> [Int] {
        var out = begin, isFirst = true
        for part in splitter.split(text) {
            switch part {
            case .token(let token): out.append(token.identifier)
            case .text(let text): out += encoded(text, isFirst: isFirst)
            }
            isFirst = false
        }
        return out
    }
    private func encoded(_ text: String, isFirst: Bool) -> [Int] {
        let space: Unicode.Scalar = "▁"
        var word = text.unicodeScalars.map { $0 == " " ? space : $0 }
        switch prefix {
        case .everyPart: word.insert(space, at: 0)
        case .first: if isFirst, word.first != space { word.insert(space, at: 0) }
        }
        var letters: [Int] = []
        for scalar in word {
            let letter = String(scalar)
            if let id = file.id(of: letter) {
                letters.append(id)
                continue
            }
            let own = letter.utf8.compactMap { bytes[Int($0)] }
            if own.count == letter.utf8.count {
                letters += own
            } else if let unknown, letters.last != unknown {
                letters.append(unknown)
            }
        }
        return file.pairs.merged(letters)
    }

    /// See `PromptTokenizer`.
    public func decode(_ identifiers: [Int]) -> String {
        var out: [UInt8] = []
        for id in identifiers where !special.contains(id) {
            if let byte = byteOf[id] {
                out.append(byte)
            } else {
                out += (file.texts[id] ?? "").replacing("▁", with: " ").utf8
            }
        }
        let text = String(decoding: out, as: UTF8.self)
        // The space before the first word was not in the text.
        return text.hasPrefix(" ") ? String(text.dropFirst()) : text
    }
}
