/// Runs the pickle of a `.pt` file on plain values. It knows tensors, storages and ordered dictionaries; any other name
/// that a pickle asks for is refused before anything is made of it.
struct PickleReader {
    /// A list, tuple or dictionary: the pickle goes on to change what it has put aside, so they are shared.
    final class Container {
        enum Kind { case list, tuple, dictionary }
        let kind: Kind
        var items: [Value]
        init(_ kind: Kind, _ items: [Value] = []) { (self.kind, self.items) = (kind, items) }
    }
    /// Elements of one record, as the pickle names it.
    struct Storage {
        let key: String
        /// `nil` for untyped storages, which count bytes.
        let dtype: DType?
        let count: Int
    }
    /// A tensor over a storage.
    struct Layout {
        let storage: Storage
        let dtype: DType
        let offset: Int
        let shape: [Int], strides: [Int]
    }
    enum Value {
        case none
        case bool(Bool)
        case integer(Int)
        case number(Double)
        case string(String)
        case container(Container)
        case global(String)
        case storage(Storage)
        case tensor(Layout)
    }

    private static let most = 300_000
    private let bytes: UnsafeRawBufferPointer
    private let path: String
    private var at = 0
    private var stack: [Value] = []
    private var marks: [Int] = []
    private var memo: [Int: Value] = [:]
    /// Every container that was made: see `clear`.
    private var containers: [Container] = []

    init(_ bytes: UnsafeRawBufferPointer, path: String) { (self.bytes, self.path) = (bytes, path) }

    /// Takes the containers apart. One that holds itself would never go, and a long chain of them would be freed by a
    /// recursion that overflows the stack.
    mutating func clear() { for container in containers { container.items = [] } }

    func error(_ reason: String) -> TorchFileError { .pickle(path: path, offset: at, reason: reason) }

    /// The value that the pickle leaves. Throws `TorchFileError`.
    mutating func run() throws -> Value {
        while true {
            let code = try number(UInt8.self)
            guard let opcode = PickleOpcode(rawValue: UInt8(code)) else {
                throw error("the instruction 0x\(String(code, radix: 16)) is not one that PyTorch writes for tensors")
            }
            if opcode == .stop { return try pop() }
            try step(opcode)
            guard max(stack.count, memo.count, containers.count) <= Self.most else {
                throw error("more than \(Self.most) values")
            }
        }
    }

    private mutating func step(_ opcode: PickleOpcode) throws {
        switch opcode {
        case .proto:
            let version = try number(UInt8.self)
            guard (2...5).contains(version) else { throw error("pickle protocol \(version) is not supported") }
        case .frame: _ = try take(8)
        case .mark: marks.append(stack.count)
        case .pop: _ = try pop()
        case .none: stack.append(.none)
        case .newTrue: stack.append(.bool(true))
        case .newFalse: stack.append(.bool(false))
        case .int: stack.append(.integer(try number(Int32.self)))
        case .int1: stack.append(.integer(try number(UInt8.self)))
        case .int2: stack.append(.integer(try number(UInt16.self)))
        case .long1: stack.append(.integer(try long(try number(UInt8.self))))
        case .float:
            let bits = try take(8).loadUnaligned(as: UInt64.self)
            stack.append(.number(Double(bitPattern: UInt64(bigEndian: bits))))
        case .unicode, .string: stack.append(.string(try text(try number(UInt32.self))))
        case .shortUnicode, .shortString: stack.append(.string(try text(try number(UInt8.self))))
        case .emptyDictionary: push(.dictionary)
        case .emptyList: push(.list)
        case .emptyTuple: push(.tuple)
        case .tuple: push(.tuple, try popToMark())
        case .tuple1: try tuple(1)
        case .tuple2: try tuple(2)
        case .tuple3: try tuple(3)
        case .append: try append([try pop()], to: .list)
        case .appends: try append(try popToMark(), to: .list)
        case .setItem:
            let value = try pop()
            try append([try pop(), value], to: .dictionary)
        case .setItems: try append(try popToMark(), to: .dictionary)
        case .put: memo[try number(UInt8.self)] = try top()
        case .longPut: memo[try number(UInt32.self)] = try top()
        case .memoize: memo[memo.count] = try top()
        case .get: try recall(try number(UInt8.self))
        case .longGet: try recall(try number(UInt32.self))
        case .global: stack.append(.global(try PickleGlobals.allowed("\(try line()) \(try line())", path)))
        case .stackGlobal:
            guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
                throw error("a name was expected")
            }
            stack.append(.global(try PickleGlobals.allowed("\(module) \(name)", path)))
        case .persistentID: stack.append(.storage(try storage(try pop())))
        case .reduce: try reduce()
        case .build: _ = try pop()  // `_metadata` of a state dictionary: versions of modules
        case .stop: break
        }
    }

    // MARK: Bytes

    private mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count <= bytes.count - at else { throw error("it is cut off") }
        defer { at += count }
        return UnsafeRawBufferPointer(rebasing: bytes[at..<at + count])
    }
    private mutating func number<T: FixedWidthInteger>(_ type: T.Type) throws -> Int {
        Int(truncatingIfNeeded: T(littleEndian: try take(MemoryLayout<T>.size).loadUnaligned(as: T.self)))
    }
    private mutating func long(_ count: Int) throws -> Int {
        guard count <= 8 else { throw error("an integer of \(count) bytes is too large") }
        let raw = try take(count)
        var value = raw.last.map { $0 >= 128 } == true ? -1 : 0
        for byte in raw.reversed() { value = value << 8 | Int(byte) }
        return value
    }
    private mutating func text(_ count: Int) throws -> String {
        guard let text = String(validating: try take(count), as: UTF8.self) else { throw error("a text is not UTF-8") }
        return text
    }
    private mutating func line() throws -> String {
        guard let end = bytes[at...].firstIndex(of: 10) else { throw error("it is cut off") }
        let text = try text(end - at)
        at += 1
        return text
    }

    // MARK: Stack

    private mutating func pop() throws -> Value {
        guard stack.count > (marks.last ?? 0), let value = stack.popLast() else { throw error("its stack is empty") }
        return value
    }
    private func top() throws -> Value {
        guard let value = stack.last else { throw error("its stack is empty") }
        return value
    }
    private mutating func popToMark() throws -> [Value] {
        guard let mark = marks.popLast(), mark <= stack.count else { throw error("a mark is missing") }
        defer { stack.removeSubrange(mark...) }
        return Array(stack[mark...])
    }
    private mutating func tuple(_ count: Int) throws {
        let items = try (0..<count).map { _ in try pop() }
        push(.tuple, items.reversed())
    }
    private mutating func recall(_ place: Int) throws {
        guard let value = memo[place] else { throw error("nothing was put in place \(place)") }
        stack.append(value)
    }
    private mutating func push(_ kind: Container.Kind, _ items: [Value] = []) {
        let container = Container(kind, items)
        containers.append(container)
        stack.append(.container(container))
    }
    private mutating func append(_ items: [Value], to kind: Container.Kind) throws {
        guard case .container(let container) = try top(), container.kind == kind else {
            throw error("there is no \(kind) to fill")
        }
        guard kind != .dictionary || items.count % 2 == 0 else { throw error("a key has no value") }
        container.items += items
    }

    // MARK: Tensors

    /// `('storage', type, key, location, count)`.
    private func storage(_ value: Value) throws -> Storage {
        guard let parts = tuple(value), parts.count == 5, case .string("storage") = parts[0],
            case .global(let type) = parts[1], case .string(let key) = parts[2], case .integer(let count) = parts[4],
            count >= 0
        else { throw error("a storage was expected") }
        guard let kind = PickleGlobals.storage(type) else { throw error("'\(type)' is no storage") }
        return Storage(key: key, dtype: kind.dtype, count: count)
    }

    private mutating func reduce() throws {
        let arguments = try pop()
        guard case .global(let name) = try pop(), let parts = tuple(arguments) else {
            throw error("a call was expected")
        }
        switch name {
        case "collections OrderedDict":
            guard parts.isEmpty else { throw error("an ordered dictionary is made with contents") }
            push(.dictionary)
        case "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor_v3":
            stack.append(.tensor(try tensor(parts)))
        case "torch._utils _rebuild_parameter":
            guard case .tensor? = parts.first else { throw error("a parameter has no tensor") }
            stack.append(parts[0])
        case "torch Size":
            guard parts.count == 1, tuple(parts[0]) != nil else { throw error("a size has no numbers") }
            stack.append(parts[0])
        default: throw error("'\(name)' is called")
        }
    }

    /// `(storage, offset, shape, strides, …)`, and the element type where the storage has none.
    private func tensor(_ parts: [Value]) throws -> Layout {
        guard parts.count >= 6, case .storage(let storage) = parts[0], case .integer(let offset) = parts[1],
            let shape = integers(parts[2]), let strides = integers(parts[3]), shape.count == strides.count, offset >= 0
        else { throw error("a tensor is described wrongly") }
        if let dtype = storage.dtype {
            return Layout(storage: storage, dtype: dtype, offset: offset, shape: shape, strides: strides)
        }
        guard parts.count >= 7, case .global(let name) = parts[6], let dtype = PickleGlobals.dtype(name) else {
            throw error("a tensor has no element type that is supported")
        }
        return Layout(storage: storage, dtype: dtype, offset: offset, shape: shape, strides: strides)
    }

    private func tuple(_ value: Value) -> [Value]? {
        if case .container(let container) = value, container.kind == .tuple { container.items } else { nil }
    }
    private func integers(_ value: Value) -> [Int]? {
        guard let items = tuple(value) else { return nil }
        var numbers: [Int] = []
        for case .integer(let number) in items where number >= 0 { numbers.append(number) }
        return numbers.count == items.count ? numbers : nil
    }
}
