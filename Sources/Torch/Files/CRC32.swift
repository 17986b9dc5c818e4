/// The checksum of zip files (polynomial 0xEDB88320), eight bytes a turn.
enum CRC32 {
    private static let tables: [[UInt32]] = {
        var first: [UInt32] = []
        for index in UInt32(0)..<256 {
            var value = index
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
            first.append(value)
        }
        var tables = [first]
        for turn in 1..<8 {
            let next: [UInt32] = tables[turn - 1].map { ($0 >> 8) ^ first[Int($0 & 255)] }
            tables.append(next)
        }
        return tables
    }()
    private static let flat = tables.flatMap { $0 }

    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        flat.withUnsafeBufferPointer { table in
            var crc = ~UInt32(0), at = 0
            while at + 8 <= bytes.count {
                let low = bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self).littleEndian ^ crc
                let high = bytes.loadUnaligned(fromByteOffset: at + 4, as: UInt32.self).littleEndian
                crc = table[1792 + Int(low & 255)] ^ table[1536 + Int((low >> 8) & 255)]
                crc ^= table[1280 + Int((low >> 16) & 255)] ^ table[1024 + Int(low >> 24)]
                crc ^= table[768 + Int(high & 255)] ^ table[512 + Int((high >> 8) & 255)]
                crc ^= table[256 + Int((high >> 16) & 255)] ^ table[Int(high >> 24)]
                at += 8
            }
            while at < bytes.count {
                crc = table[Int((crc ^ UInt32(bytes[at])) & 255)] ^ (crc >> 8)
                at += 1
            }
            return ~crc
        }
    }
}
