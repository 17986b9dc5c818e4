import NN
import Torch

/// `loraplus.*`: peft's LoRA+ with AdamW at 1e-3, the B of two adapters at 16 times that.
public struct RateGroupsStage: ParityStage {
    /// What `--stage` takes.
    public let name = "loraplus"
    /// The only one.
    public init() {}

    /// A row for each matrix over all steps.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        let names = goldens.keys(after: "loraplus.init.")
        guard !names.isEmpty else { return [] }
        let parameters = try names.map {
            Parameter($0, try goldens["loraplus.init.\($0)"].cloned().trainable())
        }
        let optimizer = try RateGroups(parameters, factor: { $0.name.hasSuffix("lora_A.weight") ? 1 : 16 }) {
            try AdamW($0, weightDecay: 0.01)
        }
        var steps: [[Tensor]] = names.map { _ in [] }
        for step in 0..<(try goldens["loraplus.p.\(names[0])"].size(0)) {
            for parameter in parameters {
                try parameter.tensor.setGradient(goldens["loraplus.grad.\(parameter.name)"].select(0, step))
            }
            try optimizer.update(rate: 1e-3)
            for (place, parameter) in parameters.enumerated() {
                steps[place].append(try parameter.tensor.detached().cloned())
            }
        }
        return try zip(names, steps).map { try .compare($0, stacked($1), goldens["loraplus.p.\($0)"], 1e-6) }
    }
}
