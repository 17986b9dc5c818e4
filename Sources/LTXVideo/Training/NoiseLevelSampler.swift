import Torch

/// How noise levels are drawn in training, σ in 0 … 1 (upstream `timestep_samplers.py`).
public enum NoiseLevelSampler: Sendable, Equatable {
    /// Uniform in min … max.
    case uniform(min: Double = 0, max: Double = 1)
    /// sigmoid(N(shift, std)), the shift growing with the number of tokens (Esser et al. 2024).
    case shiftedLogitNormal(std: Double = 1)

    /// (batch) in fp32. `tokens`: those of the target video.
    public func sample(batch: Int, tokens: Int, device: Device, generator: Generator?) throws -> Tensor {
        switch self {
        case .uniform(let low, let high):
            try Tensor.rand([batch], device: device, generator: generator) * (high - low) + low
        case .shiftedLogitNormal(let std):
            try (Tensor.randn([batch], device: device, generator: generator) * std + Self.shift(tokens: tokens))
                .sigmoid()
        }
    }
    /// Linear in the number of tokens, 0.95 at 1024 and 2.05 at 4096, not clamped.
    public static func shift(tokens: Int) -> Double {
        let slope = (2.05 - 0.95) / (4096 - 1024)
        return slope * Double(tokens) + (0.95 - slope * 1024)
    }
}
