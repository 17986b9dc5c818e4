/// How the numbers of a frozen matrix are kept in fewer bits. The names are those of quanto, which they are equal to.
public enum QuantizedFormat: String, Sendable, CaseIterable {
    /// Integers, and a scale a row.
    case int8
    /// Integers of four and of two bits; a scale and a shift for each 128 columns of a row.
    case int4, int2
    /// Floating-point numbers of eight bits (e4m3fn and e4m3fnuz), and a scale a row.
    case fp8, fp8uz

    /// Of one element.
    public var bits: Int {
        switch self {
        case .int8, .fp8, .fp8uz: 8
        case .int4: 4
        case .int2: 2
        }
    }
    /// What its codes are kept in.
    var codes: DType {
        switch self {
        case .int8: .int8
        case .int4, .int2: .uint8
        case .fp8: .float8e4m3fn
        case .fp8uz: .float8e4m3fnuz
        }
    }
    /// Columns of a row of `columns` that share a scale: 128, or less where that does not divide them; all where nothing does.
    public func group(columns: Int) -> Int {
        guard bits < 8, columns > 128 else { return columns }
        return stride(from: 128, through: 32, by: -32).first { columns % $0 == 0 } ?? columns
    }
    /// Bytes of a matrix of this size with its scales, which are kept in `dtype`.
    public func byteCount(rows: Int, columns: Int, dtype: DType) -> Int {
        let groups = rows * (columns / group(columns: columns)), runs = 8 / bits
        let codes = bits == 8 ? rows * columns : (groups + runs - 1) / runs * group(columns: columns)
        return codes + groups * dtype.size * (bits == 8 ? 1 : 2)
    }
    /// Whether the device converts to and from its codes.
    public func works(on device: Device) -> Bool {
        guard let matrix = try? Tensor.ones([1, 128], dtype: .bfloat16, device: device),
            let small = try? QuantizedTensor(matrix, as: self)
        else { return false }
        return (try? small.dense(.bfloat16).to(.cpu)) != nil
    }
}
