import LTXVideo
import NN
import Torch

/// `flow.*`: noising, prediction, loss and LoRA gradients; plain, with first-frame conditioning, with a reference
/// video, and with both. Gradients are checked on both ways backward: the whole graph, and block by block.
public struct FlowStage: ParityStage {
    /// What `--stage` takes.
    public let name = "flow"
    /// The only one.
    public init() {}

    /// For each kind of conditioning and way backward, the gradients in one row: the worst.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("flow.none.loss") else { return [] }
        let transformer = try model.transformer(.float32)
        let adapters = try AdapterSet(
            transformer.linears, tensors: goldens.tensors(after: "lora.rand."), source: "lora.rand")
        adapters.attach()
        defer { adapters.detach() }
        var rows: [ParityRow] = []
        for (mode, firstFrame, reference) in [
            ("none", false, false), ("ff", true, false), ("ic", false, true), ("icff", true, true),
        ] {
            for checkpointed in [false, true] {
                rows += try run(mode, firstFrame, reference, checkpointed, transformer, adapters, goldens)
            }
        }
        return rows
    }

    private func run(
        _ mode: String, _ firstFrame: Bool, _ reference: Bool, _ checkpointed: Bool, _ transformer: Transformer,
        _ adapters: AdapterSet, _ goldens: Goldens
    ) throws -> [ParityRow] {
        let prefix = "flow.\(mode)", label = checkpointed ? "\(mode) by block" : mode
        let latents = try goldens["flow.latents"]
        let batch = TrainingBatch(
            latents: latents, reference: reference ? try goldens["flow.ref"] : nil,
            text: try goldens["flow.text"], textMask: try goldens["flow.mask"], grid: LatentGrid(goldens),
            fps: Array(repeating: 24, count: latents.size(0)))
        let noisy = try NoisyBatch(
            batch, sigmas: goldens["flow.sigmas"], noise: goldens["flow.noise"], firstFrame: firstFrame,
            width: transformer.configuration.width)
        let (velocity, loss) = try TrainingStep.gradients(
            transformer, noisy, checkpointing: Recomputation(checkpointed))
        var rows: [ParityRow] = []
        if !checkpointed {
            rows.append(
                try .compare("\(label) noisy", noisy.input.latents, goldens["\(prefix).noisy"], Tolerance.forward))
            rows.append(try .compare("\(label) targets", noisy.target, goldens["\(prefix).targets"], Tolerance.forward))
        }
        rows.append(try .compare("\(label) pred", velocity, goldens["\(prefix).pred"], Tolerance.forward))
        rows.append(try .compare("\(label) loss", loss, goldens["\(prefix).loss"], Tolerance.forward))
        let expected = try goldens.tensors(after: "\(prefix).grad.")
        var worst: ParityRow?
        for (linear, lora) in adapters.adapters {
            for (key, parameter) in [("lora_A", lora.a), ("lora_B", lora.b)] {
                let gradient = try parameter.gradient()
                try parameter.setGradient(nil)
                guard let golden = expected["\(linear.path).\(key).weight"] else { continue }
                guard let gradient else { throw MissingGradient("'\(linear.path).\(key)' has no gradient") }
                let row = try ParityRow.compare(
                    "\(label) grad \(linear.path).\(key)", gradient, golden, Tolerance.gradient)
                if row.relative > worst?.relative ?? -1 || row.relative.isNaN { worst = row }
            }
        }
        // One row for all gradients: the worst.
        return rows + (worst.map { [$0] } ?? [])
    }
}

struct MissingGradient: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
