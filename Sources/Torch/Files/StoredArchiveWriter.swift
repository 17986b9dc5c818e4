import Base

/// Writes a zip file of stored records whose bytes start at multiples of 64, as PyTorch does,
/// so that they can be mapped.
struct StoredArchiveWriter {
    private let descriptor: Int32
    private let path: String
    private var at = 0
    private var directory: [UInt8] = []
    private var count = 0
    private static let alignment = 64

    init(_ descriptor: Int32, path: String) { (self.descriptor, self.path) = (descriptor, path) }

    /// Appends a record. Throws `FileError`, or `TorchFileError` beyond 4 GiB.
    mutating func add(_ name: String, _ content: UnsafeRawBufferPointer) throws {
        // 32-bit offsets: files that are larger than this hold models, and those go into safetensors.
        guard content.count < 0xFFFF_FFFF, at + content.count < 0xFFFF_FFF0 - 4096, count < 0xFFFE else {
            throw TorchFileError.unwritable(path: path, reason: "more than 4 GiB; write safetensors instead")
        }
        let name = Array(name.utf8), start = at
        // The padding is an extra field of its own: identifier, length, bytes.
        let unpadded = start + 30 + name.count + 4
        let padding = (Self.alignment - unpadded % Self.alignment) % Self.alignment
        let checksum = Checksum.of(content)
        let shared =
            Self.little(UInt16(0), UInt16(0), UInt16(0), UInt16(0x21))  // flags, stored, midnight, 1980-01-01
            + Self.little(checksum, UInt32(content.count), UInt32(content.count)) + Self.little(UInt16(name.count))
        var header = Self.little(UInt32(0x0403_4B50)) + Self.little(UInt16(10)) + shared
        header += Self.little(UInt16(4 + padding)) + name + Array("FB".utf8) + Self.little(UInt16(padding))
        header += Array(repeating: UInt8(ascii: "Z"), count: padding)
        try write(header)
        try AtomicFile.write(content, to: descriptor, path: path)
        at += content.count
        directory += Self.little(UInt32(0x0201_4B50)) + Self.little(UInt16(0), UInt16(10)) + shared
        directory +=
            Self.little(UInt16(0), UInt16(0), UInt16(0), UInt16(0)) + Self.little(UInt32(0), UInt32(start)) + name
        count += 1
    }

    mutating func add(_ name: String, _ content: [UInt8]) throws { try content.withUnsafeBytes { try add(name, $0) } }

    /// Appends the directory.
    mutating func finish() throws {
        let start = at
        try write(directory)
        try write(
            Self.little(UInt32(0x0605_4B50)) + Self.little(UInt16(0), UInt16(0), UInt16(count), UInt16(count))
                + Self.little(UInt32(directory.count), UInt32(start)) + Self.little(UInt16(0)))
    }

    private mutating func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: path) }
        at += bytes.count
    }

    private static func little<T: FixedWidthInteger>(_ values: T...) -> [UInt8] {
        values.flatMap { withUnsafeBytes(of: $0.littleEndian) { Array($0) } }
    }
}
