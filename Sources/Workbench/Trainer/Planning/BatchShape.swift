import Base
import Configuration
import LTXVideo
import Torch

/// How large a batch is, without what is in it.
struct BatchShape: Hashable, Sendable {
    /// Of each video.
    var grid: LatentGrid
    /// Clips in it.
    var count: Int
    /// Of the longest caption, padding that all have left out.
    var textTokens: Int
    /// Whether each has a reference video.
    var hasReference: Bool
    /// Whether some have their first frame given: each token then has a noise level of its own, which takes the most.
    var firstFrame: [Bool]

    /// Tokens that go through the model for each clip.
    var tokens: Int { grid.tokens * (hasReference ? 2 : 1) }
    /// `"768x448x89"`.
    var size: String { "\(grid.width * 32)x\(grid.height * 32)x\(grid.frames * 8 - 7)" }

    /// Batches of a video size, with captions as long as they get.
    init(_ size: VideoSize, _ configuration: TrainingConfiguration) {
        self.init(grid: size.grid, textTokens: CaptionEncoder.length, configuration)
    }
    private init(grid: LatentGrid, textTokens: Int, _ configuration: TrainingConfiguration) {
        (self.grid, self.textTokens, count) = (grid, textTokens, configuration.optimization.batchSize)
        let conditioning = configuration.conditioning
        hasReference = conditioning.mode == .referenceVideo
        firstFrame = Array(repeating: conditioning.firstFrameConditioningP > 0, count: count)
        if conditioning.firstFrameConditioningPerSample, count > 1 { firstFrame[0] = false }
    }
    /// The batches of preprocessed clips, one of each size, and how many clips have it; the largest first.
    static func all(
        of data: Precomputed, _ configuration: TrainingConfiguration
    ) throws -> [(shape: BatchShape, clips: Int)] {
        var longest: [LatentGrid: Int] = [:], clips: [LatentGrid: Int] = [:]
        for item in data.items {
            let sample = try data.sample(item), mask = try sample.textMask.ints()
            let length = mask.lastIndex { $0 != 0 }.map { $0 + 1 } ?? mask.count
            longest[sample.grid] = max(longest[sample.grid] ?? 0, length)
            clips[sample.grid, default: 0] += 1
        }
        return longest.map { grid, length in
            (BatchShape(grid: grid, textTokens: length, configuration), clips[grid] ?? 0)
        }.sorted { ($0.shape.tokens, $0.shape.size) > ($1.shape.tokens, $1.shape.size) }
    }

    /// Such a batch of shapes alone, with its noise.
    func outline(_ sizes: TransformerConfiguration) throws -> NoisyBatch {
        func empty(_ shape: [Int], _ dtype: DType) throws -> Tensor { try .empty(shape, dtype: dtype, device: .meta) }
        // Of latents and embeddings as preprocessing has them.
        let latents = [count, grid.tokens, sizes.inChannels], stored = DType.bfloat16
        let batch = TrainingBatch(
            latents: try empty(latents, stored), reference: hasReference ? try empty(latents, stored) : nil,
            text: try empty([count, textTokens, sizes.captionChannels], stored),
            textMask: try empty([count, textTokens], .bool), longestText: textTokens, grid: grid,
            fps: Array(repeating: 24, count: count))
        return try NoisyBatch(
            batch, sigmas: empty([count], .float32), noise: empty(latents, stored), firstFrame: firstFrame,
            width: sizes.width)
    }
}
