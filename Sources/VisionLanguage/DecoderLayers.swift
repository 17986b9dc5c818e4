import NN
import Torch

/// down(silu(gate(x)) · up(x)), as Llama and Qwen have it.
struct GatedMLP {
    private let gate: Linear, up: Linear, down: Linear

    init(_ w: Weights, _ width: Int, _ hidden: Int, bias: Bool) throws {
        gate = try Linear(w / "gate_proj", width, hidden, bias: bias)
        up = try Linear(w / "up_proj", width, hidden, bias: bias)
        down = try Linear(w / "down_proj", hidden, width, bias: bias)
    }
    func callAsFunction(_ x: Tensor) throws -> Tensor { try down(gate(x).silu() * up(x)) }
}

/// Channels turned in pairs that lie half a head apart, in fp32; in the dtype of x.
func rotated(_ x: Tensor, _ cos: Tensor, _ sin: Tensor) throws -> Tensor {
    let wide = try x.to(.float32), halves = try wide.chunked(2, axis: -1)
    return try (wide * cos + concatenated([-halves[1], halves[0]], axis: -1) * sin).to(x.dtype)
}

/// Keys and values of the tokens so far, in memory that is there for all of them from the beginning.
final class LayerCache {
    private let keys: Tensor, values: Tensor
    private(set) var count = 0

    /// Room for so many tokens.
    init(batch: Int, heads: Int, room: Int, size: Int, dtype: DType, device: Device) throws {
        keys = try .empty([batch, heads, room, size], dtype: dtype, device: device)
        values = try .empty([batch, heads, room, size], dtype: dtype, device: device)
    }
    /// Takes the next tokens' (batch, heads, tokens, size); all there are now.
    func extended(_ k: Tensor, _ v: Tensor) throws -> (keys: Tensor, values: Tensor) {
        let end = count + k.size(2)
        guard end <= keys.size(2) else { throw TorchError.failed("more tokens than there is room for") }
        try keys.slice(2, count..<end).copy(from: k)
        try values.slice(2, count..<end).copy(from: v)
        count = end
        return (try keys.slice(2, 0..<end), try values.slice(2, 0..<end))
    }
}
