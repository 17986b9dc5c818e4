import Base
import Testing

@Suite struct PythonRandomTests {
    @Test func `the draws are CPython's, for seeds of one word and of two`() {
        var small = PythonRandom(seed: 42), large = PythonRandom(seed: 1 << 40 + 7)
        #expect((0..<3).map { _ in small.random() } == [0.6394267984578837, 0.025010755222666936, 0.27502931836911926])
        #expect((0..<3).map { _ in large.random() } == [0.6137037779936511, 0.8149162973309487, 0.9450115087592873])
    }

    @Test func `its words are those of getstate(), and it goes on from them`() throws {
        // random.Random(9) after 500 draws.
        var random = PythonRandom(seed: 9)
        for _ in 0..<500 { _ = random.random() }
        #expect(random.words.prefix(3) == [3_122_913_831, 2_484_784_082, 4_268_303_421])
        #expect(random.words[623] == 3_219_152_623 && random.used == 376)
        var restored = try #require(PythonRandom(words: random.words, used: random.used))
        #expect(restored.random() == 0.007912699272857981)
        _ = random.random()
        for _ in 0..<700 { #expect(restored.random() == random.random()) }
    }

    @Test func `what no generator has is refused`() {
        let words = PythonRandom(seed: 1).words
        #expect(PythonRandom(words: words.dropLast(), used: 3) == nil)
        #expect(PythonRandom(words: words, used: 625) == nil && PythonRandom(words: words, used: -1) == nil)
        #expect(PythonRandom(words: [UInt32](repeating: 0, count: 624), used: 0) == nil)
    }
}
