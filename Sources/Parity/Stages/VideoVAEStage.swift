import LTXVideo
import Torch

/// `vae.*` and `vaebf16.*`: encoding, decoding, upstream's recipes for both, and tiles.
public struct VideoVAEStage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    private let dtype: DType, tolerance: Double

    /// In fp32.
    public static let fp32 = VideoVAEStage(name: "vae", dtype: .float32, tolerance: Tolerance.forward)
    /// In bf16.
    public static let bf16 = VideoVAEStage(name: "vaebf16", dtype: .bfloat16, tolerance: Tolerance.bf16)

    /// One row a tensor.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard !goldens.keys(after: "\(name).").isEmpty else { return [] }
        let vae = try model.vae(dtype)
        return try encoding(vae, goldens) + decoding(vae, goldens) + tiles(vae, goldens) + frames(vae, goldens)
    }

    /// No row where the file lacks the key, so that a cut of a file runs too.
    private func row(_ label: String, _ ours: Tensor, _ goldens: Goldens) throws -> [ParityRow] {
        let key = "\(name).\(label)"
        return goldens.has(key) ? [try .compare(label, ours, goldens[key], tolerance)] : []
    }

    private func encoding(_ vae: VideoVAE, _ goldens: Goldens) throws -> [ParityRow] {
        var rows: [ParityRow] = []
        if goldens.has("vae.in") {
            let video = try goldens["vae.in"], latents = try vae.encode(video), mode = latents.mean
            let normalized = try vae.normalized(mode)
            rows += try row("moments", latents.parameters(), goldens)
            rows += try row("mode", mode, goldens)
            rows += try row("std", latents.deviation().expanded(mode.shape), goldens)
            rows += try row("norm", normalized, goldens)
            rows += try row("packed", normalized.packed(), goldens)
            let drawn = try vae.encodeVideo(video, generator: Generator(seed: goldens.seed))
            rows += try row("encode_video.latents", drawn, goldens)
        }
        if goldens.has("vae.img.in") { rows += try row("img.mode", vae.encode(goldens["vae.img.in"]).mean, goldens) }
        return rows
    }

    private func decoding(_ vae: VideoVAE, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("vae.dec.z"), goldens.has("vae.dec.t") else { return [] }
        let z = try goldens["vae.dec.z"], seed = goldens.seed
        // 0.9.1 draws the noise that it injects from the default generator, which the reference seeded.
        let picture = try vae.decode(z, timestep: goldens["vae.dec.t"], generator: Generator(seed: seed))
        let video = try vae.decodeVideo(
            z.packed(), frames: z.size(2), height: z.size(3), width: z.size(4), timestep: 0.05, noiseScale: 0.025,
            generator: Generator(seed: seed + 1), injection: Generator(seed: seed))
        return try row("dec.out", picture, goldens) + row("decode_video.out", video, goldens)
    }

    /// The reference has them in fp32 alone: tiles of 64 pixels, 32 apart.
    private func tiles(_ vae: VideoVAE, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("\(name).tiled.in"), goldens.has("\(name).tiled.z") else { return [] }
        let tiling = try VAETiling(height: 64, width: 64, strideHeight: 32, strideWidth: 32)
        let latents = try vae.encode(goldens["\(name).tiled.in"], tiling: tiling).mean
        let video = try vae.decode(
            goldens["\(name).tiled.z"], timestep: Tensor([Float(0.05)]), generator: Generator(seed: goldens.seed),
            tiling: tiling)
        return try row("tiled.mode", latents, goldens) + row("tiled.out", video, goldens)
    }

    /// diffusers' framewise coding of 33 frames, plain and with tiles of 64 pixels, 32 apart; of the decoded video every eighth pixel.
    private func frames(_ vae: VideoVAE, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("\(name).framewise.small") else { return [] }
        let input = try goldens["\(name).framewise.small"].interleaved(8, axis: 3).interleaved(8, axis: 4)
        var long = VAETiling.whole
        var both = try VAETiling(height: 64, width: 64, strideHeight: 32, strideWidth: 32)
        (long.time, both.time) = (VAETiling.Time(), VAETiling.Time())
        return try [("framewise", long), ("framewise_tiled", both)].flatMap { key, tiling in
            let latents = try vae.encode(input, tiling: tiling).mean
            let video = try vae.decode(
                goldens["\(name).framewise.z"], timestep: Tensor([Float(0.05)]), tiling: tiling)
            let rows = try video.indexed(3, every: 8).indexed(4, every: 8)
            return try row("\(key).mode", latents, goldens) + row("\(key).out", rows, goldens)
        }
    }
}

extension Tensor {
    /// Every so many places of an axis.
    fileprivate func indexed(_ axis: Int, every step: Int) throws -> Tensor {
        try stacked(stride(from: 0, to: size(axis), by: step).map { try select(axis, $0) }, axis: axis)
    }
}
