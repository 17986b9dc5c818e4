import LTXVideo
import Torch

/// `rope.*`, `xf.*` and `xfbf16.*`: rotary tables and forward passes with a timestep a sample, a timestep a token, and
/// explicit coordinates over a doubled sequence.
public struct TransformerStage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    private let prefix: String, dtype: DType, tolerance: Double

    /// In fp32.
    public static let fp32 = TransformerStage(name: "xf", prefix: "xf", dtype: .float32, tolerance: Tolerance.forward)
    /// In bf16, on the inputs of `xf.in` converted.
    public static let bf16 = TransformerStage(
        name: "xfbf16", prefix: "xfbf16", dtype: .bfloat16, tolerance: Tolerance.bf16)

    /// One row a forward pass.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("\(prefix).out") else { return [] }
        let transformer = try model.transformer(dtype)
        let grid = LatentGrid(goldens), width = transformer.configuration.width
        let latents = try goldens["xf.in.latents"].to(dtype), text = try goldens["xf.in.text"].to(dtype)
        let mask = try goldens["xf.in.mask"].to(.bool), each = try goldens["xf.in.timestep_tok"]
        let rotary = try RotaryTable(width: width, grid: grid, scale: (8.0 / 24, 32, 32), device: model.device)
        var input = TransformerInput(
            latents: latents, text: text, textMask: mask, timesteps: .uniform(try goldens["xf.in.timestep"]),
            rotary: rotary)
        return try withoutGradients {
            var rows = [try ParityRow.compare("out", transformer(input), goldens["\(prefix).out"], tolerance)]
            input.timesteps = .each(each)
            rows.append(try .compare("out_tok", transformer(input), goldens["\(prefix).out_tok"], tolerance))
            input.latents = try concatenated([latents, latents], axis: 1)
            input.timesteps = .each(try concatenated([each * 0, each], axis: 1))
            input.rotary = try RotaryTable(width: width, coordinates: goldens["xf.coords"])
            rows.append(try .compare("out_coords", transformer(input), goldens["\(prefix).out_coords"], tolerance))
            return rows
        }
    }
}

/// `rope.FPS.{cos,sin}`.
public struct RotaryStage: ParityStage {
    /// What `--stage` takes.
    public let name = "rope"
    /// The only one.
    public init() {}

    /// One row a table, for each frame rate in the file.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        let rates = goldens.keys(after: "rope.").filter { $0.hasSuffix(".cos") }.compactMap { Double($0.dropLast(4)) }
        return try rates.flatMap { fps in
            let label = fps.rounded() == fps ? "\(Int(fps))" : "\(fps)"
            let reference = try goldens["rope.\(label).cos"]
            let table = try RotaryTable(width: reference.size(-1), grid: LatentGrid(goldens), scale: (8 / fps, 32, 32))
            return [
                try ParityRow.compare("\(label).cos", table.cos.interleaved(2, axis: -1), reference, Tolerance.forward),
                try .compare(
                    "\(label).sin", table.sin.interleaved(2, axis: -1), goldens["rope.\(label).sin"],
                    Tolerance.forward),
            ]
        }
    }
}

extension LatentGrid {
    init(_ goldens: Goldens) {
        let sizes = goldens.sizes("grid", [3, 2, 3])
        self.init(frames: sizes[0], height: sizes[1], width: sizes[2])
    }
}
