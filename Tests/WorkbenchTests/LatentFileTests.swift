import Base
import LTXVideo
import TestSupport
import Testing
import Torch

@testable import Workbench

@Suite struct LatentFileTests {
    private let path = Scratch.path("latents", ".pt")

    private func write(_ shape: [Int], frames: TorchValue, height: Int = 1, width: Int = 2, fps: TorchValue?) throws {
        var members: [(key: TorchValue, value: TorchValue)] = [
            (.string("latents"), .tensor(try .zeros(shape))), (.string("num_frames"), frames),
            (.string("height"), .integer(height)),
            (.string("width"), .tensor(try .full([], Double(width), dtype: .int64))),
        ]
        if let fps { members.append((.string("fps"), fps)) }
        try TorchFile.write(.dictionary(members), to: path)
    }

    @Test(arguments: [-1, 0, .nan, .infinity, -.infinity, 1e-300, 1e300])
    func `a rate that is none is 1 for a picture, and 24 with a remark for a video`(rate: Double) throws {
        try write([2, 4], frames: .integer(1), fps: .number(rate))
        let picture = try LatentFile(path)
        #expect(picture.fps == 1 && picture.remark == nil)
        try write([6, 4], frames: .integer(3), fps: .number(rate))
        let video = try LatentFile(path), remark = try #require(video.remark)
        #expect(video.fps == 24 && remark.contains(path) && remark.contains("\(rate)"))
    }
    @Test func `a rate that is one stays, a missing one is 24`() throws {
        for (rate, expected) in [(TorchValue.integer(10), 10), (.number(23.976), 23.976), (nil, 24)]
            as [(TorchValue?, Double)]
        {
            try write([6, 4], frames: .integer(3), fps: rate)
            let file = try LatentFile(path)
            #expect(file.fps == expected && file.remark == nil)
        }
    }
    @Test func `latents that are not in sequence are read as if they were`() throws {
        // (channels, frames, height, width), as the LTX-2 trainer stores them.
        let volume = try Tensor((0..<24).map(Float.init), shape: [4, 3, 1, 2])
        try TorchFile.write(
            TorchValue([
                "latents": .tensor(volume), "num_frames": .integer(3), "height": .integer(1), "width": .integer(2),
                "fps": .number(24),
            ]), to: path)
        let file = try LatentFile(path)
        #expect(file.latents.shape == [6, 4] && file.grid == LatentGrid(frames: 3, height: 1, width: 2))
        #expect(try file.latents.floats() == (0..<6).flatMap { token in (0..<4).map { Float($0 * 6 + token) } })
        try write([4, 3, 2, 2], frames: .integer(3), fps: nil)
        let error = #expect(throws: PrecomputedError.self) { try LatentFile(path) }
        #expect(error?.description.contains("(channels, frames, height, width)") == true)
    }
    @Test func `the check of preprocessed clips lists the remark`() throws {
        let folder = try Scratch.folder("precomputed")
        for part in ["latents", "conditions"] { try Files.makeFolder(Path.join(folder, part)) }
        try LatentFile.write(
            .zeros([6, 4]), grid: LatentGrid(frames: 3, height: 1, width: 2), fps: -1,
            to: Path.join(folder, "latents/a.pt"))
        try TorchFile.write(
            TorchValue([
                "prompt_embeds": .tensor(.zeros([3, 4])), "prompt_attention_mask": .tensor(.ones([3], dtype: .bool)),
            ]), to: Path.join(folder, "conditions/a.pt"))
        let data = try Precomputed(opening: folder)
        let problems = data.problems()
        #expect(problems.count == 1 && problems.first?.contains("fps = -1.0") == true)
        #expect(try data.sample(data.items[0]).remark == problems.first)
    }

    @Test(
        arguments: [
            ([6, 4], 1 << 40), ([6, 4], 1 << 62), ([6, 4], .max), ([6, 4], -3), ([0, 4], 0), ([1 << 60, 0], 1 << 59),
        ] as [([Int], Int)])
    func `a grid that cannot be is an error that names the file`(shape: [Int], frames: Int) throws {
        try write(shape, frames: .integer(frames), fps: nil)
        let error = #expect(throws: PrecomputedError.self) { try LatentFile(path) }
        #expect(error?.path == path)
    }
}
