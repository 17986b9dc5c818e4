import LTXVideo
import NN
import Testing
import Torch

/// What the VAE promises beside the reference's values.
@Suite struct VideoVAETests {
    private func load(_ generation: String = "0.9.5") throws -> VideoVAE {
        try VideoVAE.load(Fixture.path("models/\(generation)/vae"), WeightPolicy(.float32))
    }

    @Test(arguments: [
        [1, 3, 8, 32, 32], [1, 3, 9, 33, 32], [1, 3, 9, 32, 16], [1, 4, 9, 32, 32], [3, 9, 32, 32], [1, 3, 0, 32, 32],
    ])
    func `a video that the VAE's steps do not divide is refused`(_ shape: [Int]) throws {
        let vae = try load()
        #expect(throws: VideoVAEError.self) { try vae.encode(Tensor.zeros(shape)) }
    }

    @Test func `latents of another shape, and a timed decoder without a timestep, are refused`() throws {
        let vae = try load()
        #expect(throws: VideoVAEError.self) { try vae.decode(Tensor.zeros([1, 16, 1, 1, 1])) }
        let t = try Tensor([Float(0)])
        #expect(throws: VideoVAEError.self) { try vae.decode(Tensor.zeros([1, 15, 1, 1, 1]), timestep: t) }
        #expect(throws: VideoVAEError.self) {
            try vae.decodeVideo(Tensor.zeros([1, 5, 16]), frames: 2, height: 1, width: 2)
        }
        let old = try load("0.9.0")
        #expect(try old.decode(Tensor.zeros([1, 16, 1, 1, 1])).shape == [1, 3, 1, 32, 32])
    }

    @Test(arguments: ["0.9.0", "0.9.1", "0.9.5"], [DType.float32, .bfloat16])
    func `the same latents and seed give the same video, to the bit`(_ generation: String, _ dtype: DType) throws {
        let vae = try VideoVAE.load(Fixture.path("models/\(generation)/vae"), WeightPolicy(dtype))
        let z = try Tensor.randn([1, 16, 2, 2, 2], generator: Generator(seed: 3))
        let t = generation == "0.9.0" ? nil : try Tensor([Float(0.05)])
        func decoded() throws -> Tensor { try vae.decode(z, timestep: t, generator: Generator(seed: 5)) }
        let first = try decoded()
        var kept: [Tensor] = []
        for size in 1...20 {
            // Memory that comes and goes, so that results lie elsewhere each time.
            kept.append(try Tensor.ones([size * 37]))
            #expect(try decoded().isEqual(to: first), "\(size)")
        }
    }

    @Test func `a batch gives what its videos give alone`() throws {
        let vae = try load(), generator = try Generator(seed: 1)
        let videos = try Tensor.rand([2, 3, 9, 32, 32], generator: generator)
        let z = try Tensor.randn([2, 16, 2, 1, 1], generator: generator), t = try Tensor([Float(0.05), 0.2])
        let encoded = try vae.encode(videos).mean, decoded = try vae.decode(z, timestep: t)
        for place in 0..<2 {
            let alone = try vae.encode(videos.slice(0, place..<place + 1)).mean
            #expect(try (encoded.slice(0, place..<place + 1) - alone).abs().max().item() < 1e-5)
            let video = try vae.decode(z.slice(0, place..<place + 1), timestep: t.slice(0, place..<place + 1))
            #expect(try (decoded.slice(0, place..<place + 1) - video).abs().max().item() < 1e-4)
        }
    }

    @Test func `the first frame alone is encoded as in a longer video`() throws {
        // The encoder is causal; this is what lets a picture condition a video.
        let vae = try load(), video = try Tensor.rand([1, 3, 17, 32, 32], generator: Generator(seed: 2))
        let whole = try vae.encode(video).mean.slice(2, 0..<1)
        let picture = try vae.encode(video.slice(2, 0..<1)).mean
        #expect(try (whole - picture).abs().max().item() < 1e-5)
    }

    @Test func `latents survive packing and normalising`() throws {
        let vae = try load(), z = try Tensor.randn([1, 16, 2, 3, 4], generator: Generator(seed: 3))
        #expect(try z.packed().unpacked(frames: 2, height: 3, width: 4).isEqual(to: z))
        // Token 7 is frame 0, row 1, column 3.
        #expect(try z.packed().select(1, 7).isEqual(to: z.select(2, 0).select(2, 1).select(2, 3)))
        let back = try vae.denormalized(vae.normalized(z))
        #expect(try (back - z).abs().max().item() < 1e-5)
    }

    @Test func `tiles that hold the whole picture change nothing, and bad tiles are refused`() throws {
        let vae = try load(), video = try Tensor.rand([1, 3, 1, 64, 64], generator: Generator(seed: 4))
        let whole = try vae.encode(video).mean
        let tiling = try VAETiling(height: 64, width: 64, strideHeight: 32, strideWidth: 32)
        #expect(try vae.encode(video, tiling: tiling).mean.isEqual(to: whole))
        for (side, stride) in [(64, 0), (64, 96), (64, 40), (48, 32), (64, -32)] {
            #expect(throws: VideoVAEError.self) {
                try VAETiling(height: side, width: 64, strideHeight: stride, strideWidth: 32)
            }
        }
    }

    @Test func `tiling is of one call and leaves nothing behind in the model`() throws {
        let vae = try load(), video = try Tensor.rand([1, 3, 1, 96, 64], generator: Generator(seed: 4))
        let whole = try vae.encode(video).mean
        let tiling = try VAETiling(height: 64, width: 64, strideHeight: 32, strideWidth: 32)
        #expect(try !vae.encode(video, tiling: tiling).mean.isEqual(to: whole), "the picture is larger than a tile")
        #expect(try vae.encode(video).mean.isEqual(to: whole))
    }

    @Test func `the same seed draws the same latents`() throws {
        let vae = try load(), video = try Tensor.rand([1, 3, 1, 32, 32], generator: Generator(seed: 5))
        let first = try vae.encodeVideo(video, generator: Generator(seed: 6))
        #expect(try vae.encodeVideo(video, generator: Generator(seed: 6)).isEqual(to: first))
        #expect(try !vae.encodeVideo(video, generator: Generator(seed: 7)).isEqual(to: first))
        #expect(try !vae.encodeVideo(video, sampling: false).isEqual(to: first))
    }
}
