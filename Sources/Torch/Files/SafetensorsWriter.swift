import Base

/// Writes safetensors files: whole or not at all, byte for byte as the reference library writes them.
public enum SafetensorsWriter {
    /// A tensor to be written. `bytes` lends its elements, row by row, to the closure it is given.
    public struct Item {
        let name: String
        let dtype: DType
        let shape: [Int]
        let bytes: (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

        /// A tensor whose bytes come from anywhere.
        public init(
            _ name: String, _ dtype: DType, _ shape: [Int],
            bytes: @escaping (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
        ) {
            (self.name, self.dtype, self.shape, self.bytes) = (name, dtype, shape, bytes)
        }

        /// The same tensor, with something done each time before its bytes are asked for. What that throws ends the writing.
        public func before(_ body: @escaping () throws -> Void) -> Item {
            Item(name, dtype, shape) { [bytes] receive in
                try body()
                try bytes(receive)
            }
        }

        /// A tensor of an open file, under another name when one is given.
        public init(_ entry: SafetensorsHeader.Entry, of file: Safetensors.File, name: String? = nil) {
            self.init(name ?? entry.name, entry.dtype, entry.shape) { try file.withBytes(of: entry.name, $0) }
        }
    }

    /// Writes the tensors and replaces `path` when all is well. Throws `FileError`, `SafetensorsError`,
    /// or what `bytes` throws.
    public static func write(_ items: [Item], metadata: [String: String] = [:], to path: String) throws {
        // The library's order: alignment first, so that every tensor lies at a multiple of its element size.
        let items = items.sorted {
            $0.dtype == $1.dtype
                ? $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
                : $0.dtype.safetensorsRank > $1.dtype.safetensorsRank
        }
        let (header, sizes) = try header(of: items, metadata, path)
        try AtomicFile.replace(path) { descriptor in
            try header.withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: path) }
            for (item, size) in zip(items, sizes) {
                try item.bytes { bytes in
                    guard bytes.count == size else {
                        throw malformed(path, item, "has \(bytes.count) bytes, not the \(size) of its shape")
                    }
                    try AtomicFile.write(bytes, to: descriptor, path: path)
                }
            }
        }
    }

    private static func malformed(_ path: String, _ item: Item, _ reason: String) -> SafetensorsError {
        .tensor(path, item.name, reason)
    }

    /// Length and JSON, padded with spaces to a multiple of 8; and the bytes of each item.
    private static func header(
        of items: [Item], _ metadata: [String: String], _ path: String
    ) throws -> (bytes: [UInt8], sizes: [Int]) {
        func quoted(_ text: String) -> String { JSON.string(text).text() }
        var members: [String] = [], sizes: [Int] = [], at = 0, names: Set<String> = []
        if !metadata.isEmpty {
            let texts = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(texts.joined(separator: ","))}")
        }
        for item in items {
            guard names.insert(item.name).inserted, item.name != "__metadata__" else {
                throw malformed(path, item, "cannot be written twice or under this name")
            }
            guard let size = Shape.elementCount(item.shape, size: item.dtype.size), size < Int.max - at else {
                throw malformed(path, item, "has the shape \(item.shape), which is too large to count")
            }
            let end = at + size, shape = item.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(item.name)):{\"dtype\":\"\(item.dtype.safetensorsName)\",\"shape\":[\(shape)],\"data_offsets\":[\(at),\(end)]}"
            )
            sizes.append(size)
            at = end
        }
        var json = Array("{\(members.joined(separator: ","))}".utf8)
        json += Array(repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
        guard json.count <= SafetensorsHeader.limit else {
            throw SafetensorsError.malformed(path, "its header would take \(json.count) bytes")
        }
        return (withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json, sizes)
    }
}
