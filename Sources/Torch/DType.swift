/// The element type of a tensor. Raw values are c10::ScalarType.
public enum DType: Int32, Sendable, CaseIterable {
    case uint8 = 0, int8 = 1, int16 = 2, int32 = 3, int64 = 4
    case float16 = 5, float32 = 6, float64 = 7
    case bool = 11
    case bfloat16 = 15
    case float8e5m2 = 23, float8e4m3fn = 24, float8e5m2fnuz = 25, float8e4m3fnuz = 26

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .uint8, .int8, .bool, .float8e5m2, .float8e4m3fn, .float8e5m2fnuz, .float8e4m3fnuz: 1
        case .int16, .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64: 8
        }
    }
    /// True for types that gradients can flow through.
    public var isFloating: Bool {
        switch self {
        case .uint8, .int8, .int16, .int32, .int64, .bool: false
        default: true
        }
    }
    /// Floating point of eight bits, which weights are stored in and nothing is computed in.
    public var isNarrow: Bool { isFloating && size == 1 }
}

extension DType: CustomStringConvertible {
    /// The name that people type: `"bf16"`, `"fp32"`, `"int8"`.
    public var description: String {
        switch self {
        case .uint8: "uint8"
        case .int8: "int8"
        case .int16: "int16"
        case .int32: "int32"
        case .int64: "int64"
        case .float16: "fp16"
        case .float32: "fp32"
        case .float64: "fp64"
        case .bool: "bool"
        case .bfloat16: "bf16"
        case .float8e5m2: "fp8_e5m2"
        case .float8e4m3fn: "fp8_e4m3fn"
        case .float8e5m2fnuz: "fp8_e5m2fnuz"
        case .float8e4m3fnuz: "fp8_e4m3fnuz"
        }
    }
    /// The type with that name, `nil` when there is none.
    public init?(name: String) {
        guard let found = Self.allCases.first(where: { $0.description == name }) else { return nil }
        self = found
    }
}
