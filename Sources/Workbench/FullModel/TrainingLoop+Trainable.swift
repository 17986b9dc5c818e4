import LTXVideo
import NN
import Torch

/// What a run trains: adapters beside the model, or the model itself.
extension TrainingLoop {
    /// Draws adapters as upstream does after `set_seed`, or takes what the plan goes on from.
    static func trainable(
        _ plan: TrainingPlan, _ transformer: Transformer, _ device: Generator
    ) throws -> any Trainable {
        guard let lora = plan.lora else {
            let whole = WholeModel(transformer.trained)
            if let origin = plan.origin { try whole.load(origin.tensors.value, source: origin.path) }
            return whole
        }
        // No draws with an origin: upstream initialises a second time only without a checkpoint.
        return try plan.origin.map {
            try AdapterSet(transformer.linears, tensors: $0.tensors.value, alphas: $0.alphas, source: $0.path)
        }
            ?? AdapterSet(
                transformer.linears, lora.adapters, targets: lora.targetModules, generator: device)
    }

    /// Each adapter's alpha, by its layer.
    var alphas: [String: Double] { (trainable as? AdapterSet)?.alphas ?? [:] }

    /// Writes tensors of the parameters' names as what they are: a LoRA, or a transformer as diffusers reads it.
    func write(checkpoint parameters: [Parameter], to path: String) throws {
        var metadata = [
            "format": "pt", "base_model": plan.configuration.model.modelSource, "step": "\(step)",
        ]
        let type = trainable.parameters.first?.tensor.dtype ?? .float32
        guard let adapters = trainable as? AdapterSet else {
            let tensors = try parameters.map { ($0.name, try $0.tensor.to(type)) }
            return try ModelWeights.write(tensors, transformer.configuration, metadata: metadata, to: path)
        }
        let facts = adapters.adapters.map { (module: $0.linear.path, rank: $0.lora.rank, alpha: $0.lora.alpha) }
        let isDecomposed = adapters.adapters.contains { $0.lora.magnitude != nil }
        metadata.merge(LoRAMetadata.texts(facts, isDecomposed: isDecomposed)) { $1 }
        metadata[LoRAMetadata.trigger] = plan.data.trigger
        let tensors = try parameters.map {
            (LoRAFormat.diffusers.prefix + $0.name, try $0.tensor.detached().to(type).to(.cpu))
        }
        try Safetensors.write(Dictionary(uniqueKeysWithValues: tensors), metadata: metadata, to: path)
    }
}
