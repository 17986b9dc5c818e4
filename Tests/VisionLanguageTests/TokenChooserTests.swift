import Testing

@testable import VisionLanguage

/// Which token comes next.
@Suite struct TokenChooserTests {
    @Test func `the penalty counts what was there, the temperature draws, the same seed draws the same`() {
        var greedy = TokenChooser(penalty: 2)
        #expect(greedy.choose([1, 3, -1], after: [1]) == 1 && greedy.choose([1.6, 3, -1], after: [1]) == 0)
        #expect(greedy.choose([-2, -3, -1.6], after: [0, 2]) == 1)
        var a = TokenChooser(temperature: 1, seed: 7), b = TokenChooser(temperature: 1, seed: 7)
        let draws = (0..<50).map { _ in a.choose([0, 0, 0, -50], after: []) }
        #expect(Set(draws) == [0, 1, 2] && draws == (0..<50).map { _ in b.choose([0, 0, 0, -50], after: []) })
        var narrow = TokenChooser(temperature: 1, seed: 1)
        narrow.topP = 0.5
        #expect((0..<20).allSatisfy { _ in narrow.choose([5, 1, 0], after: []) == 0 })
    }
}
