/// Writes the pickle of a `.pt` file: protocol 2, in the instructions that PyTorch's `weights_only` reader accepts.
struct PickleWriter {
    private(set) var bytes: [UInt8] = [PickleOpcode.proto.rawValue, 2]
    /// Contiguous tensors on the CPU; each is the record `data/<place>`.
    private(set) var tensors: [Tensor] = []

    /// The pickle of a value. Throws `TorchError` when a tensor cannot be brought to the CPU.
    static func pickle(_ value: TorchValue) throws -> PickleWriter {
        var writer = PickleWriter()
        try writer.write(value)
        writer.emit(.stop)
        return writer
    }

    private mutating func emit(_ opcode: PickleOpcode) { bytes.append(opcode.rawValue) }

    private mutating func write(_ value: TorchValue) throws {
        switch value {
        case .none: emit(.none)
        case .bool(let value): emit(value ? .newTrue : .newFalse)
        case .integer(let value): write(value)
        case .number(let value):
            emit(.float)
            bytes += withUnsafeBytes(of: value.bitPattern.bigEndian) { Array($0) }
        case .string(let text): write(text)
        case .list(let items):
            emit(.emptyList)
            emit(.mark)
            for item in items { try write(item) }
            emit(.appends)
        case .tuple(let items):
            emit(.mark)
            for item in items { try write(item) }
            emit(.tuple)
        case .dictionary(let members):
            emit(.emptyDictionary)
            emit(.mark)
            for member in members {
                try write(member.key)
                try write(member.value)
            }
            emit(.setItems)
        case .tensor(let tensor): try write(tensor)
        }
    }

    private mutating func write(_ value: Int) {
        switch value {
        case 0...255: bytes += [PickleOpcode.int1.rawValue, UInt8(value)]
        case 0...65_535: bytes += [PickleOpcode.int2.rawValue, UInt8(value & 255), UInt8(value >> 8)]
        case Int(Int32.min)...Int(Int32.max):
            emit(.int)
            bytes += withUnsafeBytes(of: Int32(value).littleEndian) { Array($0) }
        default:
            bytes += [PickleOpcode.long1.rawValue, 8]
            bytes += withUnsafeBytes(of: value.littleEndian) { Array($0) }
        }
    }
    private mutating func write(_ text: String) {
        let utf8 = Array(text.utf8)
        emit(.unicode)
        bytes += withUnsafeBytes(of: UInt32(truncatingIfNeeded: utf8.count).littleEndian) { Array($0) } + utf8
    }
    /// A name as `module name`.
    private mutating func write(global: String) {
        emit(.global)
        bytes += Array(global.replacing(" ", with: "\n").utf8) + [10]
    }

    private mutating func write(_ tensor: Tensor) throws {
        let tensor = try tensor.detached().to(.cpu).contiguous(), names = PickleGlobals.names(of: tensor.dtype)
        write(global: names.dtype == nil ? "torch._utils _rebuild_tensor_v2" : "torch._utils _rebuild_tensor_v3")
        emit(.mark)
        emit(.mark)
        write("storage")
        write(global: names.storage)
        write(String(tensors.count))
        write("cpu")
        write(names.dtype == nil ? tensor.count : tensor.byteCount)
        emit(.tuple)
        emit(.persistentID)
        write(0)
        for numbers in [tensor.shape, tensor.strides] {
            emit(.mark)
            numbers.forEach { write($0) }
            emit(.tuple)
        }
        emit(.newFalse)
        write(global: "collections OrderedDict")
        emit(.emptyTuple)
        emit(.reduce)
        if let dtype = names.dtype { write(global: dtype) }
        emit(.tuple)
        emit(.reduce)
        tensors.append(tensor)
    }
}
