import Base
import Foundation
import Hub
import Testing

@testable import Workbench

/// What becomes of a model's words, of what a server says to wait, and of prompts with places.
@Suite struct CaptionTextTests {
    @Test(arguments: [
        ("The video shows a boat on a lake", "A boat on a lake."),
        ("This image depicts an empty street.", "An empty street."),
        ("A man. The video shows him.", "A man. The video shows him."), ("  \"A boat\"  ", "A boat."),
        ("He said \"no\" and \"yes\"", "He said \"no\" and \"yes\""), ("\"A\" and \"B\"", "\"A\" and \"B\""),
        ("1. A boat.\n2. A lake.", "A boat. A lake."), ("- A boat.", "A boat."),
        ("A boat.\n\nIt is red.", "A boat. It is red."),
        ("Assistant: Caption: A boat", "A boat."), ("**A boat**", "A boat."), ("一条小船在湖上", "一条小船在湖上"),
        ("“一条小船”", "一条小船"), ("A blank wall, not possible to see", "A blank wall, not possible to see."),
        ("3 boats on a lake", "3 boats on a lake."), ("A boat 🚤", "A boat 🚤"), ("", ""), ("...", "..."),
    ]) func `cleaning takes away the wrapping and nothing else`(said: String, caption: String) {
        #expect(CaptionText.cleaned(said) == caption)
        #expect(CaptionText.cleaned(caption) == caption)
    }
    @Test(arguments: [
        ("A \u{1B}[31mred\u{1B}[0m boat", "A red boat"), ("a\u{202E}b\u{7}c", "abc"), ("a\r\nb\tc", "a\nb\tc"),
        ("\u{1B}]0;title\u{7}boat", "boat"), ("é 犬 👩‍👩‍👧", "é 犬 👩‍👩‍👧"), ("\u{FEFF}boat", "boat"),
    ]) func `nothing in a caption steers a terminal`(said: String, caption: String) {
        #expect(CaptionText.plain(said) == caption)
    }
    @Test func `circles, refusals and cut sentences are told from captions`() {
        #expect(CaptionText.isLooping(String(repeating: "the boat is red and ", count: 4)))
        #expect(CaptionText.isLooping("!!!!!!!!!!!!!!!!!!!!"))
        #expect(
            !CaptionText.isLooping(
                "The boat is red and the boat is blue and the boat is red again, very slowly on the lake."))
        #expect(!CaptionText.isLooping("A short one"))
        #expect(CaptionText.isRefusal("I'm sorry, but no.") && CaptionText.isRefusal("I can’t see it"))
        #expect(!CaptionText.isRefusal("I can see a boat") && !CaptionText.isRefusal("Sorrynot is a town."))
        #expect(CaptionText.wholeSentences("A boat. A do") == "A boat." && CaptionText.wholeSentences("A do") == "")
        #expect(CaptionText.wholeSentences("小船。一条") == "小船。")
    }
    @Test func `words are found whole, in any case, and in scripts without spaces`() {
        #expect(
            CaptionText.words(["cat", "red cloak", "Dog"], in: "A Red Cloak and a dog in a catalogue") == [
                "red cloak", "Dog",
            ])
        #expect(CaptionText.words(["船"], in: "一条小船在湖上") == ["船"])
    }
    @Test func `places are filled in, others are named with what there is`() throws {
        #expect(CaptionPrompt.filled("{name} is {x} and {caption}") { "<\($0)>" } == "<name> is {x} and <caption>")
        try CaptionPrompt.check("Answer as {\"caption\": \"…\"}", "prompt")
        #expect(throws: CaptionerError.self) { try CaptionPrompt.check("Describe {nmae}", "prompt") }
        do { try CaptionPrompt.check("Describe {nmae}", "prompt") } catch { #expect("\(error)".contains("{name}")) }
        #expect(throws: CaptionerError.self) { try CaptionPrompt.check("  ", "prompt") }
    }

    private static let answers: [(String, [String: String], Double?, Double?)] = [
        ("nothing", [:], nil, nil), ("seconds", ["retry-after": "7"], nil, 7),
        ("a date", ["retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"], nil, 30),
        ("rubbish", ["retry-after": "soon"], nil, nil),
        ("less than nothing", ["retry-after": "-1"], nil, nil),
        ("milliseconds first", ["retry-after-ms": "250", "retry-after": "9"], nil, 0.25),
        ("the body", [:], 3.5, 3.5), ("a moment in ms", ["x-ratelimit-reset": "1767225605000"], nil, 5),
        ("a moment in s", ["x-ratelimit-reset": "1767225606"], nil, 6),
        ("a length", ["x-ratelimit-reset": "4s"], nil, 4),
        ("some are left", ["x-ratelimit-reset": "40", "x-ratelimit-remaining": "3"], nil, nil),
    ]
    @Test(arguments: answers)
    func `how long a server asks to wait`(name: String, headers: [String: String], delay: Double?, seconds: Double?) {
        // 2026-01-01T00:00:00Z
        #expect(Waiting.asked(headers, delay, now: Date(timeIntervalSince1970: 1_767_225_600)) == seconds)
    }

    private static let lists: [(String, JSON, String?)] = [
        (
            "Moonshot",
            [
                "data": [
                    ["id": "kimi-k2.7-code", "supports_image_in": true], ["id": "kimi-k3", "supports_image_in": true],
                    ["id": "x", "supports_image_in": false],
                ]
            ], "kimi-k3"
        ),
        (
            "OpenRouter",
            [
                "data": [
                    ["id": "a/text", "architecture": ["input_modalities": ["text"]]],
                    ["id": "b/eyes", "architecture": ["input_modalities": ["text", "image"]]],
                ]
            ], "b/eyes"
        ),
        (
            "LM Studio",
            [
                "data": [
                    ["id": "embed", "type": "embeddings"], ["id": "words", "type": "llm"],
                    ["id": "eyes", "type": "vlm"],
                ]
            ], "eyes"
        ),
        (
            "llama.cpp",
            ["models": [["name": "m", "capabilities": ["completion", "multimodal"]]], "data": [["id": "m.gguf"]]],
            "m.gguf"
        ),
        (
            "llama.cpp without a projector",
            ["models": [["name": "m", "capabilities": ["completion"]]], "data": [["id": "m.gguf"]]], nil
        ),
        ("Ollama", ["object": "list", "data": [["id": "llama3:8b"], ["id": "qwen2.5vl:7b"]]], "qwen2.5vl:7b"),
        ("vLLM", ["data": [["id": "whatever", "max_model_len": 4096]]], "whatever"),
        (
            "Gemini", ["data": [["id": "models/embedding-001"], ["id": "models/gemini-2.5-flash"]]],
            "models/gemini-2.5-flash"
        ),
        ("OpenAI", ["data": [["id": "text-embedding-3"], ["id": "gpt-4o-mini"]]], "gpt-4o-mini"),
        ("none", ["data": []], nil),
        ("words alone", ["data": [["id": "llama3"], ["id": "mistral"]]], nil),
    ]
    @Test(arguments: lists) func `of a server's models one that takes images is chosen`(
        name: String, json: JSON, model: String?
    ) throws {
        let list = try #require(ModelList(Array(json.text().utf8)))
        #expect(list.choice(name == "Moonshot" ? .kimi(.cn) : .plain)?.name == model)
    }
    @Test func `what is no list of models is none`() {
        for text in ["", "<html>", "{}", "{\"data\": 3}", "[1, 2"] {
            #expect(ModelList(Array(text.utf8)) == nil || ModelList(Array(text.utf8))?.entries.isEmpty == true)
        }
    }

    @Test func `a key is taken from a file as people keep it, and what could not be sent is refused`() throws {
        let folder = try TemporaryFolder()
        for text in ["sk-abc\n", "\u{FEFF}# my key\n\n  \"sk-abc\"\r\nsecond\n", "// x\nBearer sk-abc", "'sk-abc'"] {
            try folder.write(text, to: "key.txt")
            #expect(try APIKey(file: folder["key.txt"]).header.value == "Bearer sk-abc")
        }
        for text in ["", "# only\n", "two words", "sk-ä", "sk\u{1}x"] {
            try folder.write(text, to: "key.txt")
            #expect(throws: CaptionerError.self) { try APIKey(file: folder["key.txt"]) }
        }
        let key = try APIKey("sk-a/b+c", from: "X")
        #expect(key.masked("x sk-a/b+c y sk%2Da%2Fb%2Bc z c2stYS9iK2M=") == "x ••• y ••• z •••")
    }
    @Test func `addresses that keys may not go to are refused`() throws {
        let folder = try TemporaryFolder()
        try folder.write("sk-abc", to: "key.txt")
        func make(_ endpoint: String, insecure: Bool = false) throws -> String {
            var options = APICaptioner.Options()
            (options.endpoint, options.key.file, options.isInsecure) = (endpoint, folder["key.txt"], insecure)
            return "\(try APICaptioner(.plain, options).endpoint)"
        }
        for good in [
            "https://x.example/v1", "http://127.0.0.1:80/v1", "http://[::1]:8080", "http://192.168.1.2/v1",
            "http://nas:8000/v1", "http://10.0.0.1",
        ] {
            #expect(try make(good) == good)
        }
        #expect(try make("https://x.example/v1/chat/completions/") == "https://x.example/v1")
        #expect(try make("http://8.8.8.8/v1", insecure: true) == "http://8.8.8.8/v1")
        for bad in [
            "http://8.8.8.8/v1", "http://x.example/v1", "http://172.32.0.1", "http://127.0.0.1.evil.example", "ftp://x",
            "https://user:sk-abc@x.example", "", "http://",
        ] {
            do {
                let address = try make(bad)
                Issue.record("\(bad) became \(address)")
            } catch { #expect(!"\(error)".contains("sk-abc"), "\(error)") }
        }
    }
    @Test func `the colours of the test picture are to be named in their order`() {
        let picture = TestPicture(), (left, right) = picture.names
        #expect(picture.isSeen(in: "Left \(left.uppercased()), right \(right)"))
        #expect(
            !picture.isSeen(in: "\(right), \(left)") && !picture.isSeen(in: left)
                && !picture.isSeen(in: "red green blue yellow black white".replacingOccurrences(of: left, with: "")))
    }
}
