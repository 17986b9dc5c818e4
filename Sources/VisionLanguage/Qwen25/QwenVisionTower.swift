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
        var x = try inWindows(patches(values))  // (patches, width)
        let angles = try inWindows(turns(grid, values.device))  // (patches, head size / 2)
        let turn = try (
            cos: concatenated([angles.cos(), angles.cos()], axis: 1),
            sin: concatenated([angles.sin(), angles.sin()], axis: 1)
        )
        let whole = Array(repeating: grid.height * grid.width, count: grid.frames)
        for (place, block) in blocks.enumerated() {
            x = try block(x, turn, segments: config.wholeLayers.contains(place) ? whole : order.lengths)
        }
        let back = try Tensor(order.inverse, device: values.device)
        return try merger(x).indexed(0, by: back)
    }

    /// How far each patch turns by its row and its column: (patches, head size / 2).
    private func turns(_ grid: VisualGrid, _ device: Device) throws -> Tensor {
        let pairs = config.width / config.heads / 4, m = config.merge
        var rows: [Float] = [], columns: [Float] = []
        for row in stride(from: 0, to: grid.height, by: m) {
            for column in stride(from: 0, to: grid.width, by: m) {
                for y in 0..<m {
                    for x in 0..<m {
                        rows.append(Float(row + y))
                        columns.append(Float(column + x))
                    }
                }
            }
        }
        let frequency = try Tensor.ones([pairs]) / Tensor.power(10000, Tensor.arange(to: Double(pairs)) / Double(pairs))
        func angles(_ places: [Float]) throws -> Tensor { try Tensor(places).unsqueezed(1) * frequency.unsqueezed(0) }
        let frame = try concatenated([angles(rows), angles(columns)], axis: 1)
        return try frame.repeated(grid.frames, 1).to(device)
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
    private let qkv: Linear, out: Linear
    private let mlp: GatedMLP
    private let heads: Int

    init(_ w: Weights, _ config: QwenConfiguration.Vision) throws {
        norm1 = try RMSNorm(w / "norm1", config.width, epsilon: 1e-6)
        norm2 = try RMSNorm(w / "norm2", config.width, epsilon: 1e-6)
        qkv = try Linear(w / "attn" / "qkv", config.width, 3 * config.width)
        out = try Linear(w / "attn" / "proj", config.width, config.width)
        mlp = try GatedMLP(w / "mlp", config.width, config.hidden, bias: true)
        heads = config.heads
    }
    /// `segments`: how many patches in a row look at each other.
    func callAsFunction(_ x: Tensor, _ turn: (cos: Tensor, sin: Tensor), segments: [Int]) throws -> Tensor {
        let x = try x + attend(norm1(x), turn, segments)
        return try x + mlp(norm2(x))
    }
    private func attend(_ x: Tensor, _ turn: (cos: Tensor, sin: Tensor), _ segments: [Int]) throws -> Tensor {
        let parts = try qkv(x).unflattened(1, [3, heads, -1]).unbound(1)  // (patches, heads, size) each
        let cos = try turn.cos.unsqueezed(1), sin = try turn.sin.unsqueezed(1)
        let q = try rotated(parts[0], cos, sin), k = try rotated(parts[1], cos, sin), v = parts[2]
        var done: [Tensor] = [], start = 0, place = 0
        while place < segments.count {
            // Neighbours of one length are one batch.
            let length = segments[place], count = segments[place...].prefix { $0 == length }.count
            func cut(_ x: Tensor) throws -> Tensor {
                try x.slice(0, start..<start + count * length).unflattened(0, [count, length]).transposed(1, 2)
            }
            let y = try attention(cut(q), cut(k), cut(v))  // (count, heads, length, size)
            done.append(try y.transposed(1, 2).flattened(from: 0, to: 1).flattened(from: 1))
            start += count * length
            place += count
        }
        return try out(done.count == 1 ? done[0] : concatenated(done, axis: 0))
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
        try second(first(norm(x).reshaped(-1, wide)).gelu(approximate: false))
    }
}
