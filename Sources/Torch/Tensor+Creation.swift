import CTorch

extension Tensor {
    /// Memory as it was found: to be filled before it is read.
    public static func empty(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor {
        try shape.c { sizes, rank in try make { ct_empty(sizes, rank, dtype.rawValue, device.c, $0) } }
    }
    /// Every element is `value`.
    public static func full(
        _ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .cpu
    ) throws -> Tensor {
        try shape.c { sizes, rank in try make { ct_full(sizes, rank, value, dtype.rawValue, device.c, $0) } }
    }
    /// Every element is 0.
    public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor {
        try full(shape, 0, dtype: dtype, device: device)
    }
    /// Every element is 1.
    public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) throws -> Tensor {
        try full(shape, 1, dtype: dtype, device: device)
    }
    /// `start`, `start + step`, … below `end`.
    public static func arange(
        _ start: Double = 0, to end: Double, step: Double = 1, dtype: DType = .float32, device: Device = .cpu
    ) throws -> Tensor {
        try make { ct_arange(start, end, step, dtype.rawValue, device.c, $0) }
    }
    /// `count` values from `start` to `end`, both included.
    public static func linspace(
        _ start: Double, _ end: Double, count: Int, dtype: DType = .float32, device: Device = .cpu
    ) throws -> Tensor {
        try make { ct_linspace(start, end, Int64(count), dtype.rawValue, device.c, $0) }
    }
    /// Standard normal draws. `generator` nil: the process's default one. What a generator of another device draws is
    /// copied to `device`, as `randn_tensor` of diffusers does, so that a seed means the same draws everywhere.
    public static func randn(
        _ shape: [Int], dtype: DType = .float32, device: Device = .cpu, generator: Generator? = nil
    ) throws -> Tensor {
        let place = device == .meta ? device : generator?.device ?? device
        let drawn = try shape.c { sizes, rank in
            try make(generator) { ct_randn(sizes, rank, dtype.rawValue, place.c, $0, $1) }
        }
        return place == device ? drawn : try drawn.to(device)
    }
    /// Uniform draws from [0, 1).
    public static func rand(
        _ shape: [Int], dtype: DType = .float32, device: Device = .cpu, generator: Generator? = nil
    ) throws -> Tensor {
        let place = device == .meta ? device : generator?.device ?? device
        let drawn = try shape.c { sizes, rank in
            try make(generator) { ct_rand(sizes, rank, dtype.rawValue, place.c, $0, $1) }
        }
        return place == device ? drawn : try drawn.to(device)
    }
    /// A random order of 0 ..< count, int64 on the CPU.
    public static func permutation(_ count: Int, generator: Generator? = nil) throws -> Tensor {
        try make(generator) { ct_randperm(Int64(count), $0, $1) }
    }
    /// A tensor with a copy of the values.
    public convenience init<Element: TensorElement>(
        _ values: [Element], shape: [Int]? = nil, device: Device = .cpu
    ) throws {
        let shape = shape ?? [values.count]
        guard shape.reduce(1, *) == values.count else {
            throw TorchError.failed("\(values.count) values do not fill the shape \(shape)")
        }
        let host = try Tensor.empty(shape, dtype: Element.dtype)
        try host.withMutableBytes { target in values.withUnsafeBytes { target.copyMemory(from: $0) } }
        try self.init(sharing: host.to(device))
    }
    /// A CPU tensor over memory that `owner` keeps alive: no copy. The memory must be laid out row by row.
    public static func over(_ memory: UnsafeRawPointer, shape: [Int], dtype: DType, owner: AnyObject) throws -> Tensor {
        try Backend.open()  // from here on the shim releases the owner once, also when it fails
        let context = Unmanaged.passRetained(owner).toOpaque()
        return try shape.c { sizes, rank in
            try make {
                ct_from_memory(
                    UnsafeMutableRawPointer(mutating: memory), sizes, rank, dtype.rawValue,
                    { context in if let context { Unmanaged<AnyObject>.fromOpaque(context).release() } },
                    context, $0)
            }
        }
    }
}

/// A Swift number that a tensor can be made of.
public protocol TensorElement {
    /// The type of an element with the same bytes.
    static var dtype: DType { get }
}
extension Float: TensorElement {
    /// See `TensorElement`.
    public static var dtype: DType { .float32 }
}
extension Double: TensorElement {
    /// See `TensorElement`.
    public static var dtype: DType { .float64 }
}
extension Int: TensorElement {
    /// See `TensorElement`.
    public static var dtype: DType { .int64 }
}
extension Int32: TensorElement {
    /// See `TensorElement`.
    public static var dtype: DType { .int32 }
}
extension UInt8: TensorElement {
    /// See `TensorElement`.
    public static var dtype: DType { .uint8 }
}
extension Int8: TensorElement {
    /// See `TensorElement`.
    public static var dtype: DType { .int8 }
}
extension Bool: TensorElement {
    /// See `TensorElement`.
    public static var dtype: DType { .bool }
}

extension [Int] {
    /// The same numbers as the shim takes them: an `Int` is an `Int64` here, so nothing is copied.
    func c<R>(_ body: (UnsafePointer<Int64>?, Int64) throws -> R) rethrows -> R {
        try withUnsafeBufferPointer { numbers in
            try numbers.withMemoryRebound(to: Int64.self) { try body($0.baseAddress, Int64($0.count)) }
        }
    }
}
