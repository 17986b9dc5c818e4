import Base

/// The table of contents of a safetensors file.
///
/// Format: 8 bytes little-endian header length, a JSON object (name → dtype, shape, data_offsets), then the data. The
/// specification's checks are made here: the tensors fill the data without holes, overlaps or leftovers.
public struct SafetensorsHeader: Sendable {
    /// Where one tensor lies.
    public struct Entry: Sendable, Equatable {
        /// The tensor's name.
        public let name: String
        /// The element type.
        public let dtype: DType
        /// The length of each axis.
        public let shape: [Int]
        /// Byte range in the data section.
        public let range: Range<Int>
        /// Elements.
        public var count: Int { range.count / dtype.size }
    }
    /// In the order of the data.
    public let entries: [Entry]
    /// Texts that the writer left, such as `format`.
    public let metadata: [String: String]
    /// Where the data section starts in the file.
    public let dataStart: Int

    private let places: [String: Int]

    /// The entry of a tensor.
    public subscript(name: String) -> Entry? { places[name].map { entries[$0] } }

    /// The largest header that the format allows.
    public static let limit = 100_000_000

    /// Parses and checks the start of a file. Throws `SafetensorsError` with the path and the tensor.
    public init(_ bytes: UnsafeRawBufferPointer, path: String) throws {
        let start: Int
        do { start = try Self.dataStart(bytes, path) } catch {
            throw FileFormat(bytes).map { SafetensorsError.foreign(path, "\($0)") } ?? error
        }
        let json: JSON
        do { json = try JSON(parsing: Array(bytes[8..<start])) } catch {
            throw SafetensorsError.malformed(path, "its header is not JSON: \(error.reason) (byte \(8 + error.offset))")
        }
        guard case .object(let object) = json else {
            throw SafetensorsError.malformed(path, "its header is not an object")
        }
        var metadata: [String: String] = [:], entries: [Entry] = []
        for (name, value) in object.members {
            if name == "__metadata__" {
                metadata = try Self.metadata(value, path)
            } else {
                entries.append(try Self.entry(name, value, path))
            }
        }
        entries.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        var end = 0
        for entry in entries {
            guard entry.range.lowerBound == end else {
                throw SafetensorsError.tensor(
                    path, entry.name,
                    entry.range.lowerBound < end ? "overlaps the tensor before it" : "leaves a hole before it")
            }
            end = entry.range.upperBound
        }
        let there = bytes.count - start
        guard end <= there else {
            let first = entries.first { $0.range.upperBound > there }?.name ?? ""
            throw SafetensorsError.truncated(
                path, "it holds \(there) bytes of data and needs \(end); the first tensor cut off is '\(first)'")
        }
        guard end == there else {
            throw SafetensorsError.malformed(path, "\(there - end) bytes follow the last tensor")
        }
        (self.entries, self.metadata, dataStart) = (entries, metadata, start)
        places = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    /// Where the header ends.
    private static func dataStart(_ bytes: UnsafeRawBufferPointer, _ path: String) throws(SafetensorsError) -> Int {
        guard bytes.count >= 8 else { throw .malformed(path, "it is shorter than 8 bytes") }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= limit else {
            throw .malformed(path, "its header claims \(length) bytes, more than the format allows")
        }
        let start = 8 + Int(length)
        guard start <= bytes.count else {
            throw .truncated(path, "the header needs \(start) bytes, the file has \(bytes.count)")
        }
        guard length > 0, bytes[8] == UInt8(ascii: "{") else {
            throw .malformed(path, "its header does not start with '{'")
        }
        return start
    }

    private static func metadata(_ value: JSON, _ path: String) throws -> [String: String] {
        if value.isNull { return [:] }  // as the reference library takes it
        guard let object = value.object else {
            throw SafetensorsError.malformed(path, "'__metadata__' is not an object")
        }
        return try Dictionary(
            uniqueKeysWithValues: object.members.map { key, value in
                guard let text = value.string else {
                    throw SafetensorsError.malformed(path, "metadata '\(key)' is not a string")
                }
                return (key, text)
            })
    }

    private static func entry(_ name: String, _ value: JSON, _ path: String) throws -> Entry {
        func fail(_ reason: String) -> SafetensorsError { .tensor(path, name, reason) }
        guard let members = value.object, members.members.count == 3, let code = value["dtype"]?.string,
            let shapes = value["shape"]?.array, let offsets = value["data_offsets"]?.array
        else { throw fail("needs exactly dtype, shape and data_offsets") }
        guard let dtype = DType(safetensors: code) else { throw fail("has the unknown dtype '\(code)'") }
        var shape: [Int] = []
        for length in shapes {
            guard case .integer(let length) = length, length >= 0 else { throw fail("has a bad shape") }
            shape.append(length)
        }
        guard let size = Shape.elementCount(shape, size: dtype.size) else {
            throw fail("has a shape that is too large to count")
        }
        guard offsets.count == 2, case .integer(let start) = offsets[0], case .integer(let end) = offsets[1],
            start >= 0, end >= start, end <= Int.max - 8 - limit
        else { throw fail("has bad data_offsets") }
        guard end - start == size else {
            throw fail("claims \(end - start) bytes, but \(dtype) \(shape) takes \(size)")
        }
        return Entry(name: name, dtype: dtype, shape: shape, range: start..<end)
    }
}

extension DType {
    /// The format's names, in the order of the reference library (0.8).
    private static let safetensorsNames: [(DType, String)] = [
        (.bool, "BOOL"), (.uint8, "U8"), (.int8, "I8"), (.float8e5m2, "F8_E5M2"), (.float8e4m3fn, "F8_E4M3"),
        (.float8e4m3fnuz, "F8_E4M3FNUZ"), (.float8e5m2fnuz, "F8_E5M2FNUZ"), (.int16, "I16"), (.float16, "F16"),
        (.bfloat16, "BF16"), (.int32, "I32"), (.float32, "F32"), (.float64, "F64"), (.int64, "I64"),
    ]
    /// The type with the format's name, `nil` when tensors here do not have it.
    public init?(safetensors name: String) {
        guard let found = Self.safetensorsNames.first(where: { $0.1 == name }) else { return nil }
        self = found.0
    }
    /// The format's name of the type.
    public var safetensorsName: String { Self.safetensorsNames[safetensorsRank].1 }
    /// The type's place in the reference library's order, least alignment first, which decides the order in a file.
    var safetensorsRank: Int { Self.safetensorsNames.firstIndex { $0.0 == self } ?? 0 }
}
