import Base
import NN
import Testing
import Torch

@testable import VisionLanguage

/// How pictures and frames are chosen and counted.
@Suite struct LookingTests {
    // transformers' smart_resize with upstream's limits.
    @Test(arguments: [
        (100, 150, 112, 140), (112, 168, 112, 168), (1080, 1920, 168, 280), (28, 28, 112, 112), (10, 400, 28, 728),
        (480, 704, 168, 252), (70, 98, 112, 140),
    ]) func `a picture is brought to whole tokens within the limits`(height: Int, width: Int, high: Int, wide: Int)
        throws
    {
        let patches = QwenPatches(QwenConfiguration.Vision())
        for frames in [nil, 9] {
            let size = try #require(patches.size(PictureShape(frames: frames, height: height, width: width)))
            #expect(size == (high, wide))
        }
    }
    // transformers 5.23's smart_resize of Qwen3-VL with the released limits, uncapped and capped.
    @Test(arguments: [
        (8, 1080, 1920, 1088, 1920, 640, 1152), (20, 480, 704, 480, 704, 480, 704),
        (768, 720, 1280, 128, 224, 128, 224),
        (4, 40, 60, 32, 64, 32, 64), (5, 300, 900, 288, 896, 288, 896),
    ]) func `a video's pictures share its limit`(
        frames: Int, height: Int, width: Int, high: Int, wide: Int, capped: Int, cappedWide: Int
    ) throws {
        let shape = PictureShape(frames: frames, height: height, width: width)
        for (isCapped, expected) in [(false, (high, wide)), (true, (capped, cappedWide))] {
            let patches = try QwenPatches(Qwen3Configuration.Vision(), folder: "/nowhere", isCapped: isCapped)
            let size = try #require(patches.size(shape))
            #expect(size == expected, "\(isCapped)")
        }
    }
    @Test func `a picture that is far too thin is refused`() throws {
        let thin = PictureShape(frames: nil, height: 4, width: 900)
        #expect(QwenPatches(QwenConfiguration.Vision()).size(thin) == nil)
        #expect(try Qwen3Family(folder: Fixture.qwen3, nil).tokens(thin) == nil)
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
    @Test func `LLaVA's tokens of an image are as many as are counted beforehand, whatever its sides`() throws {
        let family = try LlavaFamily(folder: Fixture.llava, nil)
        let model = try LlavaModel(
            Weights { _, shape in try Tensor.empty(shape, device: .meta) }, family.config)
        var generator = SplitMix64(seed: 3), most = 0
        for _ in 0..<60 {
            let height = Int.random(in: 10...900, using: &generator),
                width = Int.random(in: 10...900, using: &generator)
            let shape = PictureShape(frames: nil, height: height, width: width)
            let best = LlavaPictures(family.config).best(height: height, width: width)
            let tiles = 1 + best.height * best.width / (84 * 84)
            let x = try model.packed(Tensor.empty([tiles, 36, 64], device: .meta), height: height, width: width)
            #expect(family.tokens(shape) == x.size(0), "\(height)x\(width)")
            most = max(most, x.size(0))
        }
        #expect(most > 150)
    }
    @Test func `a prompt has as many places as there are tokens`() throws {
        let pictures = try Tensor.zeros([2, 112, 112, 3], dtype: .uint8)
        let shown = ShownPictures(pictures, PictureShape(frames: 2, height: 112, width: 112), times: [0, 0.5])
        let qwen = try QwenFamily(folder: Fixture.qwen, nil).text("Q?", shown)
        #expect(
            qwen.contains("user\nQ?<|vision_start|>" + String(repeating: "<|video_pad|>", count: 16) + "<|vision_end|>")
        )
        let llava = try LlavaFamily(folder: Fixture.llava, nil)
        #expect(
            llava.text("Q?", shown) == "USER: " + String(repeating: "<video>", count: 18) + "\nQ? ASSISTANT:"
                && llava.text("Q?", nil) == "USER: Q? ASSISTANT:")
        let three = try Qwen3Family(folder: Fixture.qwen3, nil).text("Q?", shown)
        #expect(three.contains("Q?<0.2 seconds><|vision_start|><|video_pad|>") && !three.contains("system"))
    }
    @Test func `an odd frame stands twice in its pair's time`() {
        #expect(Qwen3Family.times([0, 1, 2, 3, 4], of: 2) == [0.5, 2.5, 4])
    }
}
