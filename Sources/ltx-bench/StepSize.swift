import LTXVideo
import NN
import Torch

/// A training step of a transformer with random weights, from one that is all overhead to one that is all matrix products; the same
/// sizes as in `scripts/bench/beside_load.py`.
enum StepSize: String, CaseIterable {
    case tiny, small, wide

    var configuration: TransformerConfiguration {
        switch self {
        case .tiny: .init(heads: 4, headSize: 32, layers: 4, crossAttentionWidth: 128, captionChannels: 64)
        case .small: .init(heads: 12, headSize: 64, layers: 8, crossAttentionWidth: 768, captionChannels: 768)
        case .wide: .init(heads: 32, headSize: 64, layers: 1, crossAttentionWidth: 2048, captionChannels: 4096)
        }
    }
    var grid: LatentGrid {
        switch self {
        case .tiny: LatentGrid(frames: 2, height: 2, width: 2)
        case .small: LatentGrid(frames: 2, height: 4, width: 4)
        case .wide: LatentGrid(frames: 2, height: 16, width: 16)
        }
    }

    /// The transformer, its matrices drawn as PyTorch draws them.
    func transformer(_ policy: WeightPolicy) throws -> Transformer {
        let generator = try Generator(seed: 0)
        let weights = Weights(policy: policy) { _, shape in
            let tensor = try Tensor.empty(shape), bound = 1 / Double(shape.last ?? 1).squareRoot()
            try tensor.fillUniform(-bound, bound, generator: generator)
            return tensor
        }
        return try Transformer(weights, configuration)
    }
}
