import Base
import LTXVideo
import NN
import Torch

/// 25 frames of 256×256 to stored latents, the posterior sampled.
enum VAEEncodeBenchmark: Benchmark {
    static let name = "vae-encode"

    static func run(_ options: BenchmarkOptions) throws {
        let vae = try VideoVAE.load(Path.join(options.model, "vae"), WeightPolicy(options.dtype, on: options.device))
        let video = try Tensor.rand([1, 3, 25, 256, 256], generator: Generator(seed: 0)).to(options.device) * 2 - 1
        let times = try Measurement.times(options) { _ = try vae.encodeVideo(video) }
        Measurement.emit(
            name, times,
            [
                ("dtype", .string("\(options.dtype)")), ("device", .string("\(options.device)")), ("frames", 25),
                ("size", 256),
            ])
    }
}

/// 4×8×8 stored latents to 25 frames of 256×256, with decoding noise.
enum VAEDecodeBenchmark: Benchmark {
    static let name = "vae-decode"

    static func run(_ options: BenchmarkOptions) throws {
        let vae = try VideoVAE.load(Path.join(options.model, "vae"), WeightPolicy(options.dtype, on: options.device))
        let latents = try Tensor.randn([256, vae.config.latentChannels], generator: Generator(seed: 0))
            .to(options.device)
        let times = try Measurement.times(options) {
            _ = try vae.decodeVideo(latents, frames: 4, height: 8, width: 8, timestep: 0.05)
        }
        Measurement.emit(
            name, times,
            [
                ("dtype", .string("\(options.dtype)")), ("device", .string("\(options.device)")), ("frames", 25),
                ("size", 256),
            ])
    }
}
