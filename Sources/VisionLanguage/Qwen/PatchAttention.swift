import NN
import Torch

/// Patches of Qwen's vision towers that look at each other, turned by their rows and columns.
struct PatchAttention {
    private let qkv: Linear, out: Linear
    private let heads: Int

    init(_ w: Weights, _ width: Int, heads: Int) throws {
        qkv = try Linear(w / "qkv", width, 3 * width)
        out = try Linear(w / "proj", width, width)
        self.heads = heads
    }
    /// `segments`: how many patches in a row look at each other. x (patches, width), of the same shape.
    func callAsFunction(_ x: Tensor, _ turn: PatchTurn, _ segments: [Int]) throws -> Tensor {
        let parts = try qkv.frozen(x).unflattened(1, [3, heads, -1]).unbound(1)  // (patches, heads, size) each
        let q = try turn(parts[0]), k = try turn(parts[1]), v = parts[2]
        var done: [Tensor] = [], start = 0, place = 0
        while place < segments.count {
            // Neighbours of one length are one batch.
            let length = segments[place], count = segments[place...].prefix { $0 == length }.count
            func cut(_ x: Tensor) throws -> Tensor {
                try x.slice(0, start..<start + count * length).unflattened(0, [count, length]).transposed(1, 2)
            }
            let y = try frozenAttention(cut(q), cut(k), cut(v))  // (count, heads, length, size)
            done.append(try y.transposed(1, 2).flattened(from: 0, to: 1).flattened(from: 1))
            start += count * length
            place += count
        }
        return try out.frozen(done.count == 1 ? done[0] : concatenated(done, axis: 0))
    }
}

/// How far each patch turns by its row and its column.
struct PatchTurn {
    private let cos: Tensor, sin: Tensor  // (patches, 1, size)

    /// Of angles (patches, size / 2).
    init(_ angles: Tensor) throws {
        let both = try concatenated([angles, angles], axis: 1).unsqueezed(1)
        (cos, sin) = (try both.cos(), try both.sin())
    }
    /// (patches, heads, size), of the same shape.
    func callAsFunction(_ x: Tensor) throws -> Tensor { try x.turned(cos, sin) }

    /// (patches, size / 2), for heads of `size` channels.
    static func angles(_ grid: VisualGrid, merge: Int, size: Int, _ device: Device) throws -> Tensor {
        let places = grid.places(merge), pairs = size / 4
        let frequency = try Tensor.ones([pairs]) / Tensor.power(10000, Tensor.arange(to: Double(pairs)) / Double(pairs))
        func angles(_ places: [Int]) throws -> Tensor {
            try Tensor(places.map { Float($0) }).unsqueezed(1) * frequency.unsqueezed(0)
        }
        let frame = try concatenated([angles(places.map(\.row)), angles(places.map(\.column))], axis: 1)
        return try frame.repeated(grid.frames, 1).to(device)
    }
}
