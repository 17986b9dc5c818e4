import CZlib

/// CRC-32 as zip, PNG and the dataset's journal have it (polynomial 0xEDB88320).
public enum Checksum {
    /// The sum of the bytes.
    public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 { of(bytes, after: 0) }
    /// The sum of the bytes behind those whose sum is `before`.
    public static func of(_ bytes: UnsafeRawBufferPointer, after before: UInt32) -> UInt32 {
        // zlib takes an address of nothing for a wish to start anew.
        bytes.isEmpty ? before : UInt32(truncatingIfNeeded: crc32_z(uLong(before), bytes.baseAddress, bytes.count))
    }
    /// The sum of the text's bytes in UTF-8 behind those whose sum is `before`.
    public static func of(_ text: String, after before: UInt32 = 0) -> UInt32 {
        Array(text.utf8).withUnsafeBytes { of($0, after: before) }
    }
    /// The sum of the bytes.
    public static func of(_ bytes: some Collection<UInt8>) -> UInt32 {
        bytes.withContiguousStorageIfAvailable { of(UnsafeRawBufferPointer($0)) }
            ?? Array(bytes).withUnsafeBytes { of($0) }
    }
    /// Eight lower-case hexadecimal digits.
    public static func text(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
