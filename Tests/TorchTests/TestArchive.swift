import Base
import Glibc

/// Zip files made by hand, for what no honest writer makes.
enum TestArchive {
    static func bytes(_ records: [(name: String, content: [UInt8])]) -> [UInt8] {
        var out: [UInt8] = [], directory: [UInt8] = []
        for (name, content) in records {
            let sums = little(crc(content)) + little(UInt32(content.count)) + little(UInt32(content.count))
            let shared = little(UInt16(10)) + Array(repeating: 0, count: 8) + sums + little(UInt16(name.utf8.count))
            let start = out.count
            out += [0x50, 0x4B, 3, 4] + shared + [0, 0] + Array(name.utf8) + content
            directory +=
                [0x50, 0x4B, 1, 2, 0, 0] + shared + Array(repeating: 0, count: 12) + little(UInt32(start))
                + Array(name.utf8)
        }
        let counts = little(UInt16(records.count)) + little(UInt16(records.count))
        let end =
            [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + counts + little(UInt32(directory.count)) + little(UInt32(out.count)) + [
                0, 0,
            ]
        return out + directory + end
    }

    /// The bytes of a record of a file that PyTorch wrote: its local header is found by the name.
    static func record(_ name: String, of path: String) throws -> [UInt8] {
        let bytes = try Files.read(path), name = Array(name.utf8)
        for place in 0..<bytes.count - 30 where bytes[place...].starts(with: [0x50, 0x4B, 3, 4]) {
            let nameEnd = place + 30 + Int(bytes[place + 26]) + Int(bytes[place + 27]) << 8
            let dataStart = nameEnd + Int(bytes[place + 28]) + Int(bytes[place + 29]) << 8
            guard bytes[..<nameEnd].suffix(name.count).elementsEqual(name) else { continue }
            // PyTorch writes the sizes behind the content;
            // a pickle ends with its STOP before the descriptor's signature.
            let end =
                bytes[dataStart...].indices.first { bytes[$0...].starts(with: [0x50, 0x4B, 7, 8]) } ?? bytes.count
            return Array(bytes[dataStart..<end])
        }
        return []
    }

    private static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    private static func crc(_ bytes: [UInt8]) -> UInt32 {
        var crc = ~UInt32(0)
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ (crc >> 1) : crc >> 1 }
        }
        return ~crc
    }
}

extension Files {
    /// Writes without waiting for the disk: thousands of times in the mutation tests.
    static func overwriteForTest(_ path: String, _ bytes: [UInt8]) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.last("create", path) }
        defer { close(descriptor) }
        try bytes.withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: path) }
    }
}
