import NN
import Torch

/// Qwen2.5-VL's vision tower: patches that look at their window, in a few layers at their whole frame, and are merged by
/// fours.
struct QwenVisionTower {
    private let config: QwenConfiguration.Vision
    private let patches: Linear
    private let blocks: [QwenVisionBlock]
    private let merger: QwenMerger

    init(_ w: Weights, _ config: QwenConfiguration.Vision) throws {
        self.config = config
        // The kernel is as large as its stride: one product, which no backend is slow at.
        patches = try Linear(
            kernel: w / "patch_embed" / "proj", shape: [config.width, 3, config.frames, config.patch, config.patch])
        blocks = try (0..<config.layers).map { try QwenVisionBlock(w / "blocks" / $0, config) }
        merger = try QwenMerger(w / "merger", config)
    }

    /// Tokens (tokens, output) of the patches (patches, values) of one image or video.
    func callAsFunction(_ values: Tensor, _ grid: VisualGrid) throws -> Tensor {
        let order = WindowOrder(grid, config)
        let index = try Tensor(order.places, device: values.device)
        let area = config.merge * config.merge
        func inWindows(_ x: Tensor) throws -> Tensor {
            try x.unflattened(0, [-1, area]).indexed(0, by: index).flattened(from: 0, to: 1)
        }
        var x = try inWindows(patches.frozen(values))  // (patches, width)
        let turn = try PatchTurn(
            inWindows(PatchTurn.angles(grid, merge: config.merge, size: config.width / config.heads, values.device)))
        let whole = Array(repeating: grid.height * grid.width, count: grid.frames)
        for (place, block) in blocks.enumerated() {
            x = try block(x, turn, segments: config.wholeLayers.contains(place) ? whole : order.lengths)
        }
        let back = try Tensor(order.inverse, device: values.device)
        return try merger(x).indexed(0, by: back)
    }
}

/// Which merged patches lie in which window: they are put window by window, and back.
struct WindowOrder {
    private(set) var places: [Int] = []
    /// Patches of each window.
    private(set) var lengths: [Int] = []

    init(_ grid: VisualGrid, _ config: QwenConfiguration.Vision) {
        let side = config.window / config.merge / config.patch
        let height = grid.height / config.merge, width = grid.width / config.merge
        for frame in 0..<grid.frames {
            for top in stride(from: 0, to: height, by: side) {
                for left in stride(from: 0, to: width, by: side) {
                    let before = places.count
                    for row in top..<min(height, top + side) {
                        for column in left..<min(width, left + side) {
                            places.append((frame * height + row) * width + column)
                        }
                    }
                    lengths.append((places.count - before) * config.merge * config.merge)
                }
            }
        }
    }
    var inverse: [Int] {
        var inverse = [Int](repeating: 0, count: places.count)
        for (place, index) in places.enumerated() { inverse[index] = place }
        return inverse
    }
}

private struct QwenVisionBlock {
    private let norm1: RMSNorm, norm2: RMSNorm
    private let attend: PatchAttention
    private let mlp: GatedMLP

    init(_ w: Weights, _ config: QwenConfiguration.Vision) throws {
        norm1 = try RMSNorm(w / "norm1", config.width, epsilon: 1e-6)
        norm2 = try RMSNorm(w / "norm2", config.width, epsilon: 1e-6)
        attend = try PatchAttention(w / "attn", config.width, heads: config.heads)
        mlp = try GatedMLP(w / "mlp", config.width, config.hidden, bias: true)
    }
    /// `segments`: how many patches in a row look at each other.
    func callAsFunction(_ x: Tensor, _ turn: PatchTurn, segments: [Int]) throws -> Tensor {
        let x = try x + attend(norm1(x), turn, segments)
        return try x + mlp(norm2(x))
    }
}

/// Four neighbours become one token.
private struct QwenMerger {
    private let norm: RMSNorm, first: Linear, second: Linear
    private let wide: Int

    init(_ w: Weights, _ config: QwenConfiguration.Vision) throws {
        wide = config.width * config.merge * config.merge
        norm = try RMSNorm(w / "ln_q", config.width, epsilon: 1e-6)
        first = try Linear(w / "mlp" / 0, wide, wide)
        second = try Linear(w / "mlp" / 2, wide, config.output)
    }
    func callAsFunction(_ x: Tensor) throws -> Tensor {
        try second.frozen(first.frozen(norm(x).reshaped(-1, wide)).gelu(approximate: false))
    }
}
