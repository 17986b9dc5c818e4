import Base
import TestSupport
import Testing

@testable import Text

/// Where the fixtures lie, whatever folder the tests are started from.
let fixtures = Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures")

@Suite struct T5TokenizerTests {
    /// A copy of the fixture's tokenizer with keys of its configuration changed (null removes one) and files left out.
    private func folder(_ change: JSONObject?, without dropped: [String]) throws -> String {
        let folder = try Scratch.folder("tokenizer")
        for name in try Files.list(Path.join(fixtures, "tokenizer")) where !dropped.contains(name) {
            try AtomicFile.write(Files.read(Path.join(fixtures, "tokenizer/" + name)), to: Path.join(folder, name))
        }
        if let change {
            let path = Path.join(folder, "tokenizer_config.json")
            var config = try #require(try Files.json(path).object)
            for (key, value) in change.members { config[key] = value.isNull ? nil : value }
            try AtomicFile.write(JSON.object(config).text(), to: path)
        }
        return folder
    }

    @Test(arguments: 0..<5)
    func `IDs and decoded texts are those of transformers`(_ place: Int) throws {
        let cases = try #require(try Files.json(Path.join(fixtures, "tokenizer-cases.json")).array)
        #expect(cases.count == 5)
        let set = cases[place], name = set["name"]?.string ?? ""
        let folder = try folder(set["change"]?.object, without: set["dropped"]?.array?.compactMap(\.string) ?? [])
        let tokenizer = try T5Tokenizer(folder: folder)
        for row in try #require(set["rows"]?.array) {
            let text = try #require(row["text"]?.string), ids = row["ids"]?.array?.compactMap(\.integer) ?? []
            #expect(try tokenizer.encode(text) == ids, "\(name): \(text.debugDescription)")
            let cut = try tokenizer.encode(text, length: 12)
            #expect(cut.identifiers == row["cut"]?.array?.compactMap(\.integer), "\(name): \(text.debugDescription)")
            #expect(cut.mask.reduce(0, +) == row["kept"]?.integer && cut.mask.count == 12)
            let decoded = try tokenizer.decode(ids), plain = try tokenizer.decode(ids, skippingSpecial: true)
            // By bytes: Swift's strings are equal when they only look the same.
            let wanted = [row["decoded"]?.string ?? "", row["plain"]?.string ?? ""]
            let equal = [decoded, plain].map { Array($0.utf8) } == wanted.map { Array($0.utf8) }
            #expect(equal, "\(name): \(text.debugDescription) gave \(decoded) and \(plain)")
        }
    }

    @Test func `a folder with only tokenizer json gives the IDs of transformers 5`() throws {
        let folder = Path.join(fixtures, "tokenizer-json"), tokenizer = try T5Tokenizer(folder: folder)
        #expect(tokenizer.count == 178)
        let rows = try #require(try Files.json(Path.join(folder, "cases.json")).array)
        #expect(rows.count == 14)
        for row in rows {
            let text = try #require(row["text"]?.string)
            let ids = try tokenizer.encode(text)
            #expect(ids == row["ids"]?.array?.compactMap(\.integer), "\(text.debugDescription)")
        }
    }
    @Test(arguments: [
        ("\"Unigram\"", "\"BPE\"", "BPE"), ("\"Precompiled\"", "\"Lowercase\"", "Lowercase"),
        ("\"Metaspace\"", "\"ByteLevel\"", "ByteLevel"), ("\"unk_id\": 2", "\"unk_id\": -2", "unk_id"),
        ("\"content\": \"<extra_id_9>\"", "\"content\": 9", "added_tokens"),
        ("\"precompiled_charsmap\": \"", "\"precompiled_charsmap\": \"!", "base64"),
    ])
    func `another kind of tokenizer json is refused by name`(_ old: String, _ new: String, _ word: String) throws {
        let folder = try Scratch.folder("tokenizer")
        let text = try Files.text(Path.join(fixtures, "tokenizer-json/tokenizer.json"))
        try #require(text.contains(old))
        try AtomicFile.write(text.replacing(old, with: new), to: Path.join(folder, "tokenizer.json"))
        let error = #expect(throws: TextError.self) { try T5Tokenizer(folder: folder) }
        #expect(error?.path?.hasSuffix("tokenizer.json") == true && "\(error!)".contains(word), "\(error!)")
    }

    @Test func `the vocabulary counts pieces and extra IDs`() throws {
        let tokenizer = try T5Tokenizer(folder: Path.join(fixtures, "tokenizer"))
        #expect(tokenizer.count == 2100)
        #expect([tokenizer.padding, tokenizer.end, tokenizer.unknown] == [0, 1, 2])
        #expect(throws: TextError.self) { try tokenizer.decode([2100]) }
        #expect(throws: TextError.self) { try tokenizer.decode([-1]) }
        #expect(throws: TextError.self) { try tokenizer.encode("a", length: 0) }
        #expect(try tokenizer.encode("a cat", length: 1).identifiers == [1])
    }

    @Test(arguments: [[], [0xFF, 0xFE, 1, 2, 3], Array("{}".utf8), Array(repeating: 0x0A, count: 100)] as [[UInt8]])
    func `what is not a SentencePiece model is refused by name`(_ bytes: [UInt8]) throws {
        let error = #expect(throws: TextError.self) { try T5Tokenizer(model: bytes, path: "x/spiece.model") }
        #expect(error?.path == "x/spiece.model")
    }

    @Test func `a truncated model is refused`() throws {
        let bytes = try Files.read(Path.join(fixtures, "tokenizer/spiece.model"))
        for share in [1, 3, 10, 17, 31] {
            let part = Array(bytes.prefix(bytes.count * share / 32 + 3))
            #expect(throws: TextError.self) { try T5Tokenizer(model: part) }
        }
    }

    @Test func `a missing model and a malformed configuration are named`() throws {
        let none = try folder(nil, without: ["spiece.model"])
        #expect(throws: FileError.self) { try T5Tokenizer(folder: none) }
        for (key, value) in [
            ("tokenizer_class", JSON.string("BertTokenizer")), ("extra_ids", .integer(7)), ("eos_token", .integer(1)),
            ("added_tokens_decoder", .array([])), ("added_tokens_decoder", .object(JSONObject([("x", .null)]))),
        ] {
            let folder = try folder(JSONObject([(key, value)]), without: [])
            let error = #expect(throws: TextError.self) { try T5Tokenizer(folder: folder) }
            #expect(error?.path?.hasSuffix("tokenizer_config.json") == true)
        }
    }
}
