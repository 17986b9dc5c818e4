import NN
import Torch

/// Qwen3-VL's vision tower: patches with learned positions that look at their whole frame, and are merged by fours; those of a few layers
/// on their own.
struct Qwen3VisionTower {
    private let config: Qwen3Configuration.Vision
    private let patches: Linear, positions: Tensor
    private let blocks: [Qwen3VisionBlock]
    private let merger: Qwen3Merger, deepMergers: [Qwen3Merger]

    init(_ w: Weights, _ config: Qwen3Configuration.Vision) throws {
        self.config = config
        patches = try Linear(
            kernel: w / "patch_embed" / "proj", shape: [config.width, 3, config.frames, config.patch, config.patch],
            bias: true)
        positions = try (w / "pos_embed").take("weight", config.positions, config.width)
        blocks = try (0..<config.layers).map { try Qwen3VisionBlock(w / "blocks" / $0, config) }
        merger = try Qwen3Merger(w / "merger", config, isWide: false)
        deepMergers = try config.deepLayers.indices.map {
            try Qwen3Merger(w / "deepstack_merger_list" / $0, config, isWide: true)
        }
    }

    /// Tokens (tokens, output) of the patches (patches, values) of one image or video, and those of the layers below.
    func callAsFunction(_ values: Tensor, _ grid: VisualGrid) throws -> (tokens: Tensor, deep: [Tensor]) {
        var x = try patches.frozen(values) + learned(grid)
        let turn = try PatchTurn(
            PatchTurn.angles(grid, merge: config.merge, size: config.width / config.heads, values.device))
        let frames = Array(repeating: grid.height * grid.width, count: grid.frames)
        var deep: [Int: Tensor] = [:]
        for (place, block) in blocks.enumerated() {
            x = try block(x, turn, segments: frames)
            if let layer = config.deepLayers.firstIndex(of: place) { deep[layer] = try deepMergers[layer](x) }
        }
        return (try merger(x), deepMergers.indices.compactMap { deep[$0] })
    }
    /// The square of learned positions over the grid, between its corners: (patches, width).
    private func learned(_ grid: VisualGrid) throws -> Tensor {
        func taps(_ place: Int, of count: Int) -> (below: Int, above: Int, share: Float) {
            let last = Float(config.side - 1)
            let at = count > 1 ? Float(place) * (last / Float(count - 1)) : 0, below = Int(at)
            return (below, min(below + 1, config.side - 1), at - Float(below))
        }
        var sum: Tensor?
        let places = grid.places(config.merge).map { place in
            (row: taps(place.row, of: grid.height), column: taps(place.column, of: grid.width))
        }
        for (isBelow, isRight) in [(false, false), (false, true), (true, false), (true, true)] {
            let index = places.map {
                (isBelow ? $0.row.above : $0.row.below) * config.side + (isRight ? $0.column.above : $0.column.below)
            }
            let share = places.map {
                (isBelow ? $0.row.share : 1 - $0.row.share) * (isRight ? $0.column.share : 1 - $0.column.share)
            }
            let rows = try positions.embedding(Tensor(index, device: positions.device)).to(.float32)
            let part = try rows * Tensor(share, shape: [share.count, 1]).to(positions.device)
            sum = try sum.map { try $0 + part } ?? part
        }
        guard let sum else { return positions }
        return try sum.to(positions.dtype).repeated(grid.frames, 1)
    }
}

private struct Qwen3VisionBlock {
    private let norm1: LayerNorm, norm2: LayerNorm
    private let attend: PatchAttention
    private let first: Linear, second: Linear

    init(_ w: Weights, _ config: Qwen3Configuration.Vision) throws {
        norm1 = try LayerNorm(w / "norm1", config.width, epsilon: 1e-6)
        norm2 = try LayerNorm(w / "norm2", config.width, epsilon: 1e-6)
        attend = try PatchAttention(w / "attn", config.width, heads: config.heads)
        first = try Linear(w / "mlp" / "linear_fc1", config.width, config.hidden)
        second = try Linear(w / "mlp" / "linear_fc2", config.hidden, config.width)
    }
    func callAsFunction(_ x: Tensor, _ turn: PatchTurn, segments: [Int]) throws -> Tensor {
        let x = try x + attend(norm1(x), turn, segments)
        return try x + second.frozen(first.frozen(norm2(x)).gelu())
    }
}

/// Four neighbours become one token.
private struct Qwen3Merger {
    private let norm: LayerNorm, first: Linear, second: Linear
    private let wide: Int, isWide: Bool

    /// `isWide`: the four are normalised together.
    init(_ w: Weights, _ config: Qwen3Configuration.Vision, isWide: Bool) throws {
        wide = config.width * config.merge * config.merge
        self.isWide = isWide
        norm = try LayerNorm(w / "norm", isWide ? wide : config.width, epsilon: 1e-6)
        first = try Linear(w / "linear_fc1", wide, wide)
        second = try Linear(w / "linear_fc2", wide, config.output)
    }
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        let four = try isWide ? norm(x.reshaped(-1, wide)) : norm(x).reshaped(-1, wide)
        return try second.frozen(first.frozen(four).gelu(approximate: false))
    }
}
