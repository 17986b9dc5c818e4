import Torch

/// Keys and values of the tokens so far, in memory that is there for all of them from the beginning.
final class LayerCache {
    private let keys: Tensor, values: Tensor
    private(set) var count = 0

    /// Room for so many tokens.
    init(rows: Int, heads: Int, room: Int, size: Int, dtype: DType, device: Device) throws {
        keys = try .empty([rows, heads, room, size], dtype: dtype, device: device)
        values = try .empty([rows, heads, room, size], dtype: dtype, device: device)
    }
    /// Takes the next tokens' (rows, heads, tokens, size); all there are now, of as many rows. One row is kept for all of them: a
    /// beginning that they share.
    func extended(_ k: Tensor, _ v: Tensor) throws -> (keys: Tensor, values: Tensor) {
        let end = count + k.size(2), rows = 0..<k.size(0)
        guard end <= keys.size(2) else { throw TorchError.failed("more tokens than there is room for") }
        try keys.slice(2, count..<end).copy(from: k)
        try values.slice(2, count..<end).copy(from: v)
        count = end
        return (try keys.slice(2, 0..<end).slice(0, rows), try values.slice(2, 0..<end).slice(0, rows))
    }
}
