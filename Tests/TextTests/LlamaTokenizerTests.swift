import Base
import TestSupport
import Testing

@testable import Text

/// Tokenizers of captioners, beside the parity stages that compare their IDs with transformers'.
@Suite struct LlamaTokenizerTests {
    private static let models = Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/models")
    private static let llava = Path.join(models, "llava")
    private static let texts = [
        "A boat, 12 of them.", "一只猫 🚤 é e\u{301}", "  spaces\n\nand lines ", "", "USER: <video>\nWhat? ASSISTANT:",
        "\u{0}\u{7f}",
    ]

    @Test func `tokenizer.model alone gives the tokens that tokenizer.json gives`() throws {
        let folder = try Scratch.folder("llama")
        for name in ["tokenizer.model", "added_tokens.json"] {
            try AtomicFile.write(Files.read(Path.join(Self.llava, name)), to: Path.join(folder, name))
        }
        let alone = try LlamaTokenizer(folder: folder), whole = try LlamaTokenizer(folder: Self.llava)
        for text in Self.texts {
            let ids = try whole.encode(text)
            #expect(try alone.encode(text) == ids && ids.first == 1, "\(text)")
        }
        #expect(alone.id(of: "<video>") == whole.id(of: "<video>") && whole.id(of: "<video>") != nil)
    }
    @Test func `text comes back from its tokens`() throws {
        let llama = try LlamaTokenizer(folder: Self.llava)
        for text in Self.texts where !text.contains("<") && !text.isEmpty {
            #expect(llama.decode(try llama.encode(text)).isIdentical(to: text))
        }
        let qwen = try ByteLevelTokenizer(file: Path.join(Self.models, "qwen25vl/tokenizer.json"))
        // Its normalizer composes what it can.
        for text in Self.texts { #expect(qwen.decode(try qwen.encode(text)) == text) }
        let end = try #require(qwen.id(of: "<|im_end|>"))
        #expect(try qwen.encode("a<|im_end|>").last == end && qwen.decode([end]) == "")
    }
    @Test func `a space before the text is put where transformers 5 puts it`() throws {
        let first = try LlamaTokenizer(folder: Self.llava, prefix: .first),
            every = try LlamaTokenizer(folder: Self.llava)
        let text = "a<video>b"
        #expect(try first.encode(text).last == first.id(of: "b") && every.encode(text).last != every.id(of: "b"))
        #expect(try first.encode(" a") == first.encode("a") && every.encode(" a") != every.encode("a"))
    }
    @Test(arguments: [
        (#"{"model": {"type": "WordPiece"}}"#, "byte pair"),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "b"]]}}"#, "merge"),
        (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}}"#, "bytes"),
        (#"{"model": {"type": "BPE", "byte_fallback": true, "vocab": {"a": 0}, "merges": []}}"#, "spaces"),
        (#"{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}"#, "number"),
    ]) func `another kind of tokenizer is refused with what is other`(text: String, named: String) throws {
        let folder = try Scratch.folder("llama")
        try AtomicFile.write(text, to: Path.join(folder, "tokenizer.json"))
        do {
            _ = try LlamaTokenizer(folder: folder)
            Issue.record("taken")
        } catch let error as TextError {
            #expect("\(error)".contains(named) && "\(error)".contains(folder), "\(error)")
        }
    }
    @Test func `two spellings of one text are two tokens`() throws {
        let json: JSON = [
            "model": [
                "type": "BPE", "byte_fallback": true, "vocab": try JSON(parsing: "{\"\u{212B}\": 0, \"\u{C5}\": 1}"),
                "merges": [],
            ]
        ]
        let file = try BytePairFile(json, path: "tokenizer.json")
        #expect(file.id(of: "\u{212B}") == 0 && file.id(of: "\u{C5}") == 1 && file.id(of: "A\u{30A}") == nil)
    }
    @Test func `pairs are merged by rank, of equal ones the leftmost first`() {
        let pairs = BytePairs([
            (left: 1, right: 1, merged: 2), (left: 2, right: 2, merged: 3), (left: 0, right: 1, merged: 9),
        ])
        #expect(pairs.merged([]) == [] && pairs.merged([1]) == [1] && pairs.merged([1, 1, 1]) == [2, 1])
        #expect(pairs.merged([0, 1, 1, 1, 1, 1]) == [0, 3, 1] && pairs.merged([0, 1, 5]) == [9, 5])
    }
}
