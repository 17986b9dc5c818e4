import Base

/// What a T5 tokenizer folder says beside its SentencePiece model: `tokenizer_config.json`, and for older folders
/// `special_tokens_map.json` and `added_tokens.json`, read the way transformers reads them.
struct T5TokenizerConfiguration: Sendable {
    var end = "</s>", unknown = "<unk>", padding = "<pad>"
    /// Further special tokens by name; the `<extra_id_N>` of T5 are among them.
    var additional: [String] = []
    var extraCount = 100
    /// T5's behaviour before 2023: SentencePiece adds its dummy prefix after every added token too.
    var isLegacy = true
    /// The end token is put even behind a text that ends in it.
    var repeatsEnd = false
    var addsPrefixSpace = true
    var cleansUpSpaces = false
    /// Tokens with their IDs, as the folder lists them; they override the built-in extra IDs.
    var listed: [AddedToken] = []

    init() {}

    /// Reads a folder; files that are not there leave the defaults. Throws `TextError`, `JSONError`, `FileError`.
    init(folder: String) throws {
        let path = Path.join(folder, "tokenizer_config.json")
        let map = Path.join(folder, "special_tokens_map.json"), added = Path.join(folder, "added_tokens.json")
        var config = JSONObject()
        if Files.exists(path) { config = try Self.object(path) }
        if let name = config["tokenizer_class"]?.string, !["T5Tokenizer", "T5TokenizerFast"].contains(name) {
            throw TextError.unsupported(path: path, what: "the tokenizer class '\(name)'")
        }
        let old = config["added_tokens_decoder"] == nil
        // A folder without the newer list takes special names from the map, which wins over the configuration.
        try read(config, path)
        if old, Files.exists(map) { try read(Self.object(map), map) }
        try finishAdditional(path)
        if let decoder = config["added_tokens_decoder"] {
            listed = try Self.decoder(decoder, path)
        } else if Files.exists(added) {
            listed = try Self.encoder(Self.object(added), added, special: Set(additional + [end, unknown, padding]))
        }
    }

    // MARK: - Parts

    private mutating func read(_ object: JSONObject, _ path: String) throws {
        end = try Self.name(object["eos_token"], "eos_token", path) ?? end
        unknown = try Self.name(object["unk_token"], "unk_token", path) ?? unknown
        padding = try Self.name(object["pad_token"], "pad_token", path) ?? padding
        extraCount = object["extra_ids"]?.integer ?? extraCount
        // "legacy": null stands for true.
        isLegacy = object["legacy"]?.bool ?? isLegacy
        addsPrefixSpace = object["add_prefix_space"]?.bool ?? addsPrefixSpace
        cleansUpSpaces = object["clean_up_tokenization_spaces"]?.bool ?? cleansUpSpaces
        for token in object["additional_special_tokens"]?.array ?? [] {
            guard let name = try Self.name(token, "additional_special_tokens", path) else { continue }
            if !additional.contains(name) { additional.append(name) }
        }
        guard (0...100_000).contains(extraCount) else {
            throw TextError.malformed(path: path, reason: "'extra_ids' is \(extraCount)")
        }
    }

    private mutating func finishAdditional(_ path: String) throws {
        let extra = additional.filter { $0.contains("<extra_id_") }.count
        if extra == 0 { additional += (0..<extraCount).map { "<extra_id_\($0)>" } }
        guard extra == 0 || extraCount == 0 || extra == extraCount else {
            throw TextError.malformed(
                path: path, reason: "'extra_ids' is \(extraCount), but 'additional_special_tokens' lists \(extra)")
        }
    }

    private static func object(_ path: String) throws -> JSONObject {
        guard let object = try Files.json(path).object else {
            throw TextError.malformed(path: path, reason: "it is not a JSON object")
        }
        return object
    }
    /// A token written as a string or as an object with `content`; `nil` for none and for null.
    private static func name(_ value: JSON?, _ key: String, _ path: String) throws -> String? {
        guard let value, !value.isNull else { return nil }
        guard let name = value.string ?? value["content"]?.string, !name.isEmpty else {
            throw TextError.malformed(path: path, reason: "'\(key)' is not the text of a token")
        }
        return name
    }
    private static func decoder(_ value: JSON, _ path: String) throws -> [AddedToken] {
        guard let members = value.object?.members else {
            throw TextError.malformed(path: path, reason: "'added_tokens_decoder' is not an object")
        }
        return try members.map { key, token in
            guard let id = Int(key), id >= 0, let content = token["content"]?.string else {
                throw TextError.malformed(path: path, reason: "'added_tokens_decoder' has a bad entry '\(key)'")
            }
            func flag(_ name: String) -> Bool { token[name]?.bool ?? false }
            return AddedToken(
                content: content, identifier: id, stripsLeft: flag("lstrip"), stripsRight: flag("rstrip"),
                isWholeWord: flag("single_word"), isSpecial: flag("special"))
        }
    }
    private static func encoder(_ object: JSONObject, _ path: String, special: Set<String>) throws -> [AddedToken] {
        try object.members.map { content, value in
            guard let id = value.integer, id >= 0 else {
                throw TextError.malformed(path: path, reason: "the ID of '\(content)' is not a whole number")
            }
            return AddedToken(content: content, identifier: id, isSpecial: special.contains(content))
        }
    }
}
