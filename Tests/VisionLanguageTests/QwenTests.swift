import Base
import Testing
import Torch

@testable import VisionLanguage

/// What of Qwen2.5-VL can be told without a checkpoint.
@Suite struct QwenTests {
    // transformers' smart_resize with upstream's limits.
    @Test(arguments: [
        (100, 150, 112, 140), (112, 168, 112, 168), (1080, 1920, 168, 280), (28, 28, 112, 112), (10, 400, 28, 728),
        (480, 704, 168, 252), (70, 98, 112, 140),
    ]) func `a picture is brought to whole tokens within the limits`(height: Int, width: Int, high: Int, wide: Int)
        throws
    {
        let size = try #require(QwenPatches(QwenConfiguration.Vision()).size(height: height, width: width))
        #expect(size == (high, wide))
    }
    @Test func `a picture that is far too thin is refused`() {
        #expect(QwenPatches(QwenConfiguration.Vision()).size(height: 4, width: 900) == nil)
    }
    @Test func `windows hold every patch once, and are put back`() {
        for (height, width) in [(8, 8), (6, 14), (2, 2), (20, 12)] {
            let order = WindowOrder(VisualGrid(frames: 2, height: height, width: width), QwenConfiguration.Vision())
            #expect(order.places.sorted() == Array(0..<(2 * height * width / 4)))
            #expect(order.lengths.reduce(0, +) == 2 * height * width)
            #expect(order.inverse.map { order.places[$0] } == Array(0..<order.places.count))
        }
        let order = WindowOrder(VisualGrid(frames: 1, height: 10, width: 10), QwenConfiguration.Vision())
        #expect(order.lengths == [64, 16, 16, 4])
    }
    @Test func `a prompt has as many places as there are tokens`() {
        let prompt = QwenPrompt.text("Q?", media: [(true, 2), (false, 3)])
        #expect(
            prompt.contains(
                "user\nQ?<|vision_start|><|image_pad|><|image_pad|><|vision_end|><|vision_start|><|video_pad|><|video_pad|><|video_pad|><|vision_end|><|im_end|>"
            ))
    }
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
