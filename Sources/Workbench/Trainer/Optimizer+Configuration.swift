import Configuration
import NN
import Torch

extension TrainingConfiguration {
    /// The optimizer that a checked configuration asks for: where a whole model is trained and ranks share what they can, this rank's part.
    ///
    /// - Parameter group: the ranks; nil where nothing is updated.
    func makeOptimizer(
        of parameters: [Parameter], shard: WeightShard?, group: ProcessGroup?
    ) throws -> any Optimizer {
        guard acceleration.shardAcrossRanks, model.trainingMode == .full, let shard else {
            return try optimization.makeOptimizer(of: parameters)
        }
        return try ShardedOptimizer(parameters, shard, group: group, optimization.makeOptimizer)
    }
}

extension TrainingConfiguration.Optimization {
    /// The optimizer that a checked configuration asks for. Parameters of less than fp32 are trained as copies in fp32, unless the
    /// reference's way is asked for.
    func makeOptimizer(of parameters: [Parameter]) throws -> any Optimizer {
        masterWeights && parameters.contains { $0.tensor.dtype != .float32 }
            ? try MasterWeights(parameters, groupedOptimizer) : try groupedOptimizer(of: parameters)
    }
    private func groupedOptimizer(of parameters: [Parameter]) throws -> any Optimizer {
        guard loraPlusRatio != 1 else { return try plainOptimizer(of: parameters) }
        return try RateGroups(
            parameters, factor: { $0.name.hasSuffix("lora_A.weight") ? 1 : loraPlusRatio }, plainOptimizer)
    }
    private func plainOptimizer(of parameters: [Parameter]) throws -> any Optimizer {
        func number(_ parameter: NamedParameter) -> Double { parameter.value(in: optimizerParams) }
        let decay = number(optimizerType.weightDecay), betas = (number(.beta1), number(.beta2))
        switch optimizerType {
        case .adamw:
            return try AdamW(parameters, weightDecay: decay, betas: betas, epsilon: number(.epsilon))
        case .adamw8bit:
            return try AdamW8bit(parameters, weightDecay: decay, betas: betas, epsilon: number(.epsilon))
        case .lion: return try Lion(parameters, weightDecay: decay, betas: (number(.beta1), number(.lionBeta2)))
        case .adafactor:
            var options = Adafactor.Options()
            (options.beta1, options.decayRate) = (number(.adafactorBeta1), number(.decayRate))
            (options.clipThreshold, options.scalesByParameter) = (number(.clipThreshold), number(.scaleParameter) == 1)
            return try Adafactor(parameters, weightDecay: decay, options: options)
        case .prodigy:
            var options = Prodigy.Options()
            (options.betas, options.epsilon) = (betas, number(.epsilon))
            (options.firstEstimate, options.factor) = (number(.firstEstimate), number(.estimateFactor))
            options.correctsBias = number(.biasCorrection) == 1
            options.safeguardsWarmup = number(.safeguardWarmup) == 1
            return try Prodigy(parameters, weightDecay: decay, options: options)
        }
    }
}
