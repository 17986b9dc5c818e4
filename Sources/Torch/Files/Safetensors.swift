import Base

/// Reading and writing safetensors files.
public enum Safetensors {
    /// An open file: its contents are known at once, tensors are views of the mapping.
    public struct File: Sendable {
        /// The checked header.
        public let header: SafetensorsHeader
        /// The bytes.
        public let mapping: MappedFile
        /// The file as it was opened.
        public var path: String { mapping.path }

        /// Maps the file and checks its header. Throws `FileError` or `SafetensorsError`.
        public init(_ path: String) throws {
            let mapping = try MappedFile(path)
            header = try mapping.checked { try SafetensorsHeader(mapping.bytes, path: path) }
            self.mapping = mapping
        }
        /// A tensor on the CPU over the mapped bytes (no copy; what is written to it does not reach the file).
        /// Throws when the name is not there.
        public func tensor(_ name: String) throws -> Tensor {
            try mapping.checked { try tensor(entry(name)) }
        }
        /// What the header says of a tensor. Throws when the name is not there, with the nearest one that is.
        public func entry(_ name: String) throws -> SafetensorsHeader.Entry {
            guard let entry = header[name] else {
                let hint = Suggestion.hint(for: name, in: header.entries.map(\.name))
                throw SafetensorsError.tensor(path, name, "is not in the file\(hint)")
            }
            return entry
        }
        /// The bytes of a tensor, row by row, valid inside `body`. Throws when the name is not there.
        public func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
            let range = try entry(name).range
            let start = header.dataStart + range.lowerBound
            return try mapping.checked {
                try body(UnsafeRawBufferPointer(rebasing: mapping.bytes[start..<start + range.count]))
            }
        }
        /// All tensors by name, over the mapped bytes.
        public func tensors() throws -> [String: Tensor] {
            try mapping.checked {
                try Dictionary(uniqueKeysWithValues: header.entries.map { ($0.name, try tensor($0)) })
            }
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
            try copy.withMutableBytes {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: entry.range.count))
            }
            return copy
        }
    }

    /// All tensors of one file.
    public static func read(_ path: String) throws -> [String: Tensor] { try File(path).tensors() }

    /// Writes tensors from any device, whole or not at all, as the reference library lays them out. Throws `FileError`,
    /// `SafetensorsError` or `TorchError`.
    public static func write(
        _ tensors: [String: Tensor], metadata: [String: String] = ["format": "pt"], to path: String
    ) throws {
        let items = tensors.map { name, tensor in
            SafetensorsWriter.Item(name, tensor.dtype, tensor.shape) { body in
                try tensor.detached().to(.cpu).contiguous().withBytes(body)
            }
        }
        try SafetensorsWriter.write(items, metadata: metadata, to: path)
    }
}
