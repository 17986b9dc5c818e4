import CTorch

/// A matrix (rows, columns) in fewer bits.
public struct QuantizedTensor {
    /// 8 bits: (rows, columns). Below: groups of columns in uint8, (groups of all rows, columns of a group), 8 / bits equal runs of
    /// groups on top of each other, the first in the lowest bits.
    public let codes: Tensor
    /// (rows, 1), or (groups of all rows, 1); or one for all.
    public let scale: Tensor
    /// Below 8 bits, shaped as `scale`: the matrix is codes · scale − shift. Nil for 8 bits.
    public let shift: Tensor?
    public let bits: Int, rows: Int, columns: Int

    /// Rounds a matrix (rows, columns) as quanto does: every operation in one dtype, which is that of the scales.
    ///
    /// - Parameter dtype: what the matrix is brought to first; nil takes its own.
    public init(_ matrix: Tensor, as format: QuantizedFormat, in dtype: DType? = nil) throws {
        guard matrix.rank == 2 else { throw TorchError.failed("\(matrix) is no matrix") }
        (bits, rows, columns) = (format.bits, matrix.size(0), matrix.size(1))
        let dtype = (dtype ?? matrix.dtype).rawValue, bits = Int64(bits), type = format.codes.rawValue,
            group = Int64(format.group(columns: columns))
        var codes: ct_tensor?, scale: ct_tensor?, shift: ct_tensor?
        try check(matrix) { ct_quantize($0, dtype, bits, type, group, &codes, &scale, &shift) }
        guard let codes, let scale else { throw TorchError.failed("no codes were made") }
        (self.codes, self.scale) = (Tensor(owning: codes), Tensor(owning: scale))
        self.shift = shift.map(Tensor.init(owning:))
    }
    /// Codes of eight bits (rows, columns) as somebody else has made them, and their scale (rows, 1) or (1, 1).
    public init(codes: Tensor, scale: Tensor) throws {
        guard codes.rank == 2, codes.dtype.size == 1, scale.count == 1 || scale.shape == [codes.size(0), 1] else {
            throw TorchError.failed("\(scale) is no scale of the codes \(codes)")
        }
        (self.codes, self.scale, shift) = (codes, scale, nil)
        (bits, rows, columns) = (8, codes.size(0), codes.size(1))
    }
    /// The same matrix, what it is kept in put elsewhere: `tensors` as this one's are ordered.
    init(_ other: QuantizedTensor, over tensors: [Tensor]) {
        (codes, scale, shift) = (tensors[0], tensors[1], tensors.count > 2 ? tensors[2] : nil)
        (bits, rows, columns) = (other.bits, other.rows, other.columns)
    }

    /// Codes, scale and, where there is one, shift.
    public var tensors: [Tensor] { [codes, scale] + (shift.map { [$0] } ?? []) }
    /// Of codes, scale and shift.
    public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }
    /// Every one of `tensors` through `place`: to another device.
    public func moved(_ place: (Tensor) throws -> Tensor) rethrows -> QuantizedTensor {
        QuantizedTensor(self, over: try tensors.map(place))
    }

    /// The matrix (rows, columns) again: what codes and scales make, rounded to `dtype`.
    public func dense(_ dtype: DType) throws -> Tensor {
        try lend { quantized in try make { ct_dequantize(quantized, dtype.rawValue, $0) } }
    }
    /// The codes without scale and shift, one an element: (rows, columns), in uint8 below 8 bits.
    public func integers() throws -> Tensor {
        guard bits < 8 else { return codes }
        let one = try Tensor.ones([scale.count, 1], dtype: .float32, device: codes.device)
        let plain = QuantizedTensor(self, over: [codes, one, try one * 0])
        return try plain.dense(.float32).to(.uint8)
    }
    func lend<R>(_ body: (ct_quantized) throws -> R) rethrows -> R {
        try codes.lend { codes in
            try scale.lend { scale in
                try shift.lend { shift in
                    try body(
                        ct_quantized(
                            codes: codes, scale: scale, shift: shift, bits: Int64(bits), rows: Int64(rows),
                            columns: Int64(columns)))
                }
            }
        }
    }
}

extension Tensor {
    /// x·Wᵀ + b of a quantized matrix (outputs, inputs), with gradients for x alone. It is made dense for the product and again on the
    /// way back; nothing of that stays.
    public func linear(_ weight: QuantizedTensor, _ bias: Tensor? = nil) throws -> Tensor {
        try weight.lend { weight in try make(self, bias) { ct_quantized_linear($0, weight, $1, $2) } }
    }
}
