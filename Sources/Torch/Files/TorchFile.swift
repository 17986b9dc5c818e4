import Base

/// `.pt` files as `torch.save` writes them (PyTorch 1.6 and newer), limited to tensors in plain containers.
///
/// Python's `torch.load(weights_only=True)` reads what is written here, and this reads what Python writes.
/// No code in a file is ever run.
public enum TorchFile {
    private static let deepest = 64
    private static let mostValues = 300_000
    private static let largestPickle = 64 << 20

    /// Reads a file. Tensors lie over the mapped file where their layout allows.
    /// Throws `FileError` or `TorchFileError`.
    public static func read(_ path: String) throws -> TorchValue {
        let file = try MappedFile(path)
        return try file.checked {
            let archive = try StoredArchive(file.bytes, path: path)
            let pickles = archive.records.keys.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
            guard let name = pickles.first, pickles.count == 1 else {
                throw TorchFileError.archive(
                    path: path, record: "data.pkl", reason: pickles.isEmpty ? "is missing" : "is there twice")
            }
            let root = String(name.dropLast("data.pkl".count))
            if archive.records[root + "byteorder"] != nil {
                let order = String(decoding: try archive.bytes(of: root + "byteorder"), as: UTF8.self)
                guard order == "little" else {
                    throw TorchFileError.archive(
                        path: path, record: root + "byteorder", reason: "is '\(order)'; only little is supported")
                }
            }
            let pickle = try archive.bytes(of: name)
            guard pickle.count <= largestPickle else {
                throw TorchFileError.archive(
                    path: path, record: name, reason: "has \(pickle.count) bytes; \(largestPickle) are allowed")
            }
            var reader = PickleReader(pickle, path: path)
            defer { reader.clear() }
            var builder = Builder(file: file, archive: archive, root: root)
            return try builder.value(try reader.run(), depth: 0)
        }
    }

    /// A sum that is equal for equal contents, found from the file's own checksums without reading what they are of.
    /// Throws `FileError` or `TorchFileError`.
    public static func fingerprint(_ path: String) throws -> UInt32 {
        let file = try MappedFile(path)
        return try file.checked { try StoredArchive(file.bytes, path: path).fingerprint }
    }

    /// Writes a value, whole or not at all. Tensors may be on any device. Throws `FileError`,
    /// `TorchFileError` or `TorchError`.
    public static func write(_ value: TorchValue, to path: String) throws {
        let pickle = try PickleWriter.pickle(value)
        try AtomicFile.replace(path) { descriptor in
            var archive = StoredArchiveWriter(descriptor, path: path)
            try archive.add("archive/data.pkl", pickle.bytes)
            try archive.add("archive/byteorder", Array("little".utf8))
            for (place, tensor) in pickle.tensors.enumerated() {
                try tensor.withBytes { try archive.add("archive/data/\(place)", $0) }
            }
            try archive.add("archive/version", Array("3\n".utf8))
            try archive.finish()
        }
    }

    /// Turns what the pickle left into values, checking every tensor against its record.
    private struct Builder {
        let file: MappedFile
        let archive: StoredArchive
        let root: String
        private var storages: [String: UnsafeRawBufferPointer] = [:]
        private var count = 0

        init(file: MappedFile, archive: StoredArchive, root: String) {
            (self.file, self.archive, self.root) = (file, archive, root)
        }

        mutating func value(_ value: PickleReader.Value, depth: Int) throws -> TorchValue {
            count += 1
            guard depth <= deepest, count <= mostValues else {
                let reason =
                    depth > deepest
                    ? "it is nested deeper than \(deepest) levels" : "it has more than \(mostValues) values"
                throw TorchFileError.archive(path: file.path, record: nil, reason: reason)
            }
            switch value {
            case .none: return .none
            case .bool(let value): return .bool(value)
            case .integer(let value): return .integer(value)
            case .number(let value): return .number(value)
            case .string(let value): return .string(value)
            case .container(let container):
                let items = try container.items.map { try self.value($0, depth: depth + 1) }
                switch container.kind {
                case .list: return .list(items)
                case .tuple: return .tuple(items)
                case .dictionary:
                    return .dictionary(stride(from: 0, to: items.count, by: 2).map { (items[$0], items[$0 + 1]) })
                }
            case .tensor(let layout): return .tensor(try tensor(layout))
            // An element type or a storage on its own: `{"dtype": torch.bfloat16}`.
            case .global(let name): return .string(name.replacing(" ", with: "."))
            case .storage(let storage): throw error(storage.key, "is missing; a bare storage is not supported")
            }
        }

        private func error(_ record: String, _ reason: String) -> TorchFileError {
            .tensor(path: file.path, record: record, reason: reason)
        }

        private mutating func bytes(of storage: PickleReader.Storage) throws -> UnsafeRawBufferPointer {
            let record = "\(root)data/\(storage.key)"
            let bytes = try storages[storage.key] ?? archive.bytes(of: record)
            storages[storage.key] = bytes
            let (size, overflow) = storage.count.multipliedReportingOverflow(by: storage.dtype?.size ?? 1)
            guard !overflow, size == bytes.count else {
                throw error(
                    record,
                    "has \(bytes.count) bytes for \(storage.count) elements of \(storage.dtype?.description ?? "bytes")"
                )
            }
            return bytes
        }

        private mutating func tensor(_ layout: PickleReader.Layout) throws -> Tensor {
            let bytes = try bytes(of: layout.storage), size = layout.dtype.size
            guard let strided = StridedLayout(shape: layout.shape, strides: layout.strides, offset: layout.offset)
            else {
                throw error(layout.storage.key, "is too large: \(layout.shape)")
            }
            guard strided.end <= bytes.count / size else {
                throw error(layout.storage.key, "reaches element \(strided.end) of \(bytes.count / size)")
            }
            guard strided.count > 0, let base = bytes.baseAddress else {
                return try .empty(layout.shape, dtype: layout.dtype)
            }
            let start = base + layout.offset * size
            if strided.isContiguous, UInt(bitPattern: start) % UInt(size) == 0 {
                return try .over(start, shape: layout.shape, dtype: layout.dtype, owner: file)
            }
            // Strides of 0 repeat elements: a small file may ask for a lot.
            guard strided.count <= max(bytes.count, 1 << 30) / size else {
                throw error(layout.storage.key, "repeats its elements to \(strided.count)")
            }
            let tensor = try Tensor.empty(layout.shape, dtype: layout.dtype)
            try tensor.withMutableBytes { strided.gather(from: start, size: size, into: $0) }
            return tensor
        }
    }
}
