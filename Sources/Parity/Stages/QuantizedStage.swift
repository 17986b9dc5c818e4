import Base
import LTXVideo
import NN
import Torch

/// `quant.*` and `quantf32.*`: quanto's integers, scales and shifts of two matrices, what they make of them, which layers are quantized,
/// and the forward pass; of the model in bf16 and in fp32.
public struct QuantizedStage: ParityStage {
    /// What `--stage` takes.
    public let name: String
    private let dtype: DType, tolerance: Double

    /// Of the fp32 model.
    public static let fp32 = QuantizedStage(name: "quantf32", dtype: .float32, tolerance: Tolerance.forward)
    /// Of the bf16 model.
    public static let bf16 = QuantizedStage(name: "quant", dtype: .bfloat16, tolerance: Tolerance.bf16)

    /// Rows for every format that the file has.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        try QuantizedFormat.allCases.flatMap { format -> [ParityRow] in
            let prefix = "\(name).\(format)."
            guard goldens.has("\(prefix)out") else { return [] }
            let transformer = try model.transformer(dtype, format)
            return try [modules(transformer, goldens, "\(format)")]
                + transformer.linears.flatMap { try matrix($0, goldens, prefix, "\(format)") }
                + [forward(transformer, goldens, prefix, "\(format)", model.device)]
        }
    }

    /// The layers that are quantized are the reference's.
    private func modules(_ transformer: Transformer, _ goldens: Goldens, _ label: String) -> ParityRow {
        let theirs = goldens.metadata["quantized_modules"]?.array?.compactMap(\.string) ?? []
        let ours = transformer.linears.filter { $0.quantized != nil }.map(\.path)
        let isSame = Set(ours) == Set(theirs) && !ours.isEmpty, difference = isSame ? 0 : Double.infinity
        return ParityRow(
            label: "\(label) modules", shape: [ours.count], maxAbsolute: difference, relative: difference, tolerance: 0)
    }

    private func matrix(
        _ linear: Linear, _ goldens: Goldens, _ prefix: String, _ label: String
    ) throws -> [ParityRow] {
        let key = prefix + linear.path
        guard goldens.has("\(key).data"), let ours = linear.quantized else { return [] }
        let integers = try ours.integers(), data = try goldens["\(key).data"]
        let bytes = integers.dtype.isNarrow ? try integers.viewed(as: .uint8) : integers
        // On a GPU the shift of 4 bits has been there and back once more than on the CPU, where the file was made.
        let isExact = linear.device == .cpu || ours.bits != 4, rounded = isExact ? Tolerance.exact : Tolerance.bf16
        let place = "\(label) \(linear.path)"
        var rows = [
            try ParityRow.compare("\(place).data", bytes.reshaped(data.shape), data, Tolerance.exact),
            try .compare("\(place).scale", ours.scale, goldens["\(key).scale"], Tolerance.exact),
            try .compare("\(place).deq", ours.dense(ours.scale.dtype), goldens["\(key).deq"], rounded),
        ]
        if let shift = ours.shift {
            rows.append(try .compare("\(place).shift", shift, goldens["\(key).shift"], rounded))
        }
        return rows
    }

    private func forward(
        _ transformer: Transformer, _ goldens: Goldens, _ prefix: String, _ label: String, _ device: Device
    ) throws -> ParityRow {
        let rotary = try RotaryTable(
            width: transformer.configuration.width, grid: LatentGrid(goldens), scale: (8.0 / 24, 32, 32), device: device
        )
        let input = TransformerInput(
            latents: try goldens["xf.in.latents"].to(dtype), text: try goldens["xf.in.text"].to(dtype),
            textMask: try goldens["xf.in.mask"].to(.bool), timesteps: .uniform(try goldens["xf.in.timestep"]),
            rotary: rotary)
        return try withoutGradients {
            try .compare("\(label) out", transformer(input), goldens["\(prefix)out"], tolerance)
        }
    }
}
