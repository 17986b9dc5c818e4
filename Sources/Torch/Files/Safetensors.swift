import Foundations

/// Reading and writing safetensors files.
public enum Safetensors {
    /// An open file: its contents are known at once, tensors are views of the mapping.
    public struct File: Sendable {
        public let header: SafetensorsHeader
        public let mapping: MappedFile
        public var path: String { mapping.path }

        /// Maps the file and checks its header. Throws `FileError` or `SafetensorsError`.
        public init(_ path: String) throws {
            mapping = try MappedFile(path)
            header = try SafetensorsHeader(mapping.bytes, path: path)
        }
        /// A tensor on the CPU over the mapped bytes (no copy; do not write to it). Throws when the name is not there.
        public func tensor(_ name: String) throws -> Tensor {
            guard let entry = header.entries.first(where: { $0.name == name }) else {
                throw SafetensorsError.tensor(path, name, "is not in the file")
            }
            return try tensor(entry)
        }
        /// All tensors by name, over the mapped bytes.
        public func tensors() throws -> [String: Tensor] {
            try Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, try tensor($0)) })
        }
        private func tensor(_ entry: SafetensorsHeader.Entry) throws -> Tensor {
            guard !entry.range.isEmpty, let start = mapping.bytes.baseAddress else {
                return try Tensor.empty(entry.shape, dtype: entry.dtype)
            }
            let address = start + header.dataStart + entry.range.lowerBound
            guard UInt(bitPattern: address) % UInt(entry.dtype.size) == 0 else { return try copied(entry, address) }
            return try Tensor.over(address, shape: entry.shape, dtype: entry.dtype, owner: mapping)
        }
        /// Old writers did not align the header; such tensors are copied.
        private func copied(_ entry: SafetensorsHeader.Entry, _ address: UnsafeRawPointer) throws -> Tensor {
            let copy = try Tensor.empty(entry.shape, dtype: entry.dtype)
            try copy.withMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: entry.range.count)) }
            return copy
        }
    }

    /// All tensors of one file.
    public static func read(_ path: String) throws -> [String: Tensor] { try File(path).tensors() }

    /// Writes the file whole or not at all, laid out as the reference library lays it out: by falling alignment of the
    /// dtype, then by name; header padded with spaces to 8 bytes.
    public static func write(_ tensors: [String: Tensor], metadata: [String: String] = ["format": "pt"], to path: String) throws {
        let order = tensors.sorted { ($1.value.dtype.size, $0.key) < ($0.value.dtype.size, $1.key) }
        var header = JSONObject()
        if !metadata.isEmpty {
            header["__metadata__"] = .object(JSONObject(metadata.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        }
        var end = 0
        for (name, tensor) in order {
            header[name] = .object(
                JSONObject([
                    ("dtype", .string(tensor.dtype.safetensorsName)), ("shape", .array(tensor.shape.map(JSON.integer))),
                    ("data_offsets", .array([.integer(end), .integer(end + tensor.byteCount)])),
                ]))
            end += tensor.byteCount
        }
        var text = Array(JSON.object(header).compactText.utf8)
        text += Array(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        try AtomicFile.replace(path) { descriptor in
            try withUnsafeBytes(of: UInt64(text.count).littleEndian) { try AtomicFile.write($0, to: descriptor, path: path) }
            try text.withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: path) }
            for (_, tensor) in order {
                try tensor.detached().to(.cpu).contiguous().withBytes { try AtomicFile.write($0, to: descriptor, path: path) }
            }
        }
    }
}
