/// What a `.pt` file holds: tensors in plain containers.
public indirect enum TorchValue {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case list([TorchValue])
    case tuple([TorchValue])
    /// In the order of the file. Keys are strings or integers.
    case dictionary([(key: TorchValue, value: TorchValue)])
    case tensor(Tensor)

    /// A dictionary with string keys.
    public init(_ members: KeyValuePairs<String, TorchValue>) {
        self = .dictionary(members.map { (.string($0.key), $0.value) })
    }

    /// The value of a string key in a dictionary.
    public subscript(key: String) -> TorchValue? { members?.first { $0.key == key }?.value }
    /// The members of a dictionary that have string keys, in the order of the file.
    public var members: [(key: String, value: TorchValue)]? {
        guard case .dictionary(let members) = self else { return nil }
        return members.compactMap { member in member.key.string.map { ($0, member.value) } }
    }
    /// The tensor.
    public var tensor: Tensor? { if case .tensor(let value) = self { value } else { nil } }
    /// The text of a string.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The items of a list or tuple.
    public var items: [TorchValue]? {
        switch self {
        case .list(let items), .tuple(let items): items
        default: nil
        }
    }
    /// A number of either kind, or the one element of a tensor without axes, as `torch.tensor(24)` is.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        case .tensor(let tensor) where tensor.rank == 0: try? tensor.item()
        default: nil
        }
    }
    /// An integer, or a number without a fraction; a tensor without axes, too.
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        case .tensor(let tensor) where tensor.rank == 0:
            tensor.dtype.isFloating ? (try? tensor.item()).flatMap { Int(exactly: $0) } : try? tensor.itemInt()
        default: nil
        }
    }
}
