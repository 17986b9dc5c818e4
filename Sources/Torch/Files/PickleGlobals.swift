/// The names that a pickle may ask for, `module name`. Everything else would be code.
enum PickleGlobals {
    private static let storages: [String: DType] = [
        "torch FloatStorage": .float32, "torch DoubleStorage": .float64, "torch HalfStorage": .float16,
        "torch BFloat16Storage": .bfloat16, "torch LongStorage": .int64, "torch IntStorage": .int32,
        "torch ShortStorage": .int16, "torch CharStorage": .int8, "torch ByteStorage": .uint8,
        "torch BoolStorage": .bool,
    ]
    private static let dtypes: [String: DType] = [
        "torch float32": .float32, "torch float64": .float64, "torch float16": .float16, "torch bfloat16": .bfloat16,
        "torch int64": .int64, "torch int32": .int32, "torch int16": .int16, "torch int8": .int8, "torch uint8": .uint8,
        "torch bool": .bool, "torch float8_e4m3fn": .float8e4m3fn, "torch float8_e5m2": .float8e5m2,
        "torch float8_e4m3fnuz": .float8e4m3fnuz, "torch float8_e5m2fnuz": .float8e5m2fnuz,
    ]
    private static let untyped = "torch.storage UntypedStorage"
    private static let calls: Set = [
        "collections OrderedDict", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor_v3",
        "torch._utils _rebuild_parameter", "torch Size",
    ]

    /// The name itself when it is harmless. Throws `TorchFileError.forbidden`.
    static func allowed(_ name: String, _ path: String) throws -> String {
        guard calls.contains(name) || storages[name] != nil || dtypes[name] != nil || name == untyped else {
            throw TorchFileError.forbidden(path: path, name: name.replacing(" ", with: "."))
        }
        return name
    }

    /// The element type of a storage; `dtype` is `nil` for the untyped one. `nil` when the name is no storage.
    static func storage(_ name: String) -> (dtype: DType?, Void)? {
        if let dtype = storages[name] { return (dtype, ()) }
        return name == untyped ? (nil, ()) : nil
    }
    /// The element type of a name such as `torch float8_e4m3fn`.
    static func dtype(_ name: String) -> DType? { dtypes[name] }

    /// The names to write for an element type: the storage, and the type itself where the storage does not tell it.
    static func names(of dtype: DType) -> (storage: String, dtype: String?) {
        if let storage = storages.first(where: { $0.value == dtype })?.key { return (storage, nil) }
        return (untyped, dtypes.first { $0.value == dtype }?.key)
    }
}
