import Testing

@testable import Text

@Suite struct SentencePieceTrainerTests {
    private let sentences = (0..<400).map { place in
        "Scene \(place): a \(["red", "tiny", "wooden"][place % 3]) train drives \(["slowly", "fast"][place % 2])."
    }

    @Test func `a trained model follows T5 and takes its own sentences apart and together`() throws {
        let model = try SentencePieceTrainer(vocabulary: 200).train(sentences)
        let tokenizer = try T5Tokenizer(model: model)
        #expect([tokenizer.padding, tokenizer.end, tokenizer.unknown] == [0, 1, 2])
        #expect(tokenizer.count <= 300)
        for sentence in sentences {
            let ids = try tokenizer.encode(sentence)
            #expect(!ids.contains(2) && ids.last == 1)
            #expect(try tokenizer.decode(ids, skippingSpecial: true) == sentence)
        }
        #expect(try tokenizer.encode("猫").contains(2))
    }

    @Test func `the same sentences give the same model`() throws {
        let trainer = SentencePieceTrainer(vocabulary: 150)
        #expect(try trainer.train(sentences) == trainer.train(sentences))
    }

    @Test func `too little text is refused in a sentence`() throws {
        #expect(throws: TextError.self) { try SentencePieceTrainer().train([]) }
        #expect(throws: TextError.self) { try SentencePieceTrainer().train(["", " \n"]) }
        #expect(throws: TextError.self) { try SentencePieceTrainer(vocabulary: 5).train(["abcdefgh"]) }
        #expect(throws: TextError.self) { try SentencePieceTrainer(vocabulary: -5).train(["abcdefgh"]) }
    }

    @Test func `a corpus of one short text is enough`() throws {
        let tokenizer = try T5Tokenizer(model: SentencePieceTrainer().train(["a cat"]))
        #expect(try tokenizer.decode(tokenizer.encode("a cat"), skippingSpecial: true) == "a cat")
    }
}
