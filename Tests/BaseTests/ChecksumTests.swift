import Base
import Testing

@Suite struct ChecksumTests {
    /// The check value of CRC-32 in Williams's catalogue ("A Painless Guide to CRC Error Detection Algorithms").
    @Test func `the sum of the nine digits is the catalogue's`() {
        let digits = Array("123456789".utf8)
        #expect(Checksum.of(digits) == 0xCBF4_3926)
        #expect(Checksum.of(digits.reversed()) == Checksum.of(Array(digits.reversed())))
        #expect(Checksum.of([]) == 0 && Checksum.text(0xAB) == "000000ab")
    }

    @Test func `sums of parts go on where the one before ended`() {
        let digits = Array("123456789".utf8)
        for place in 0...9 {
            let first = digits[..<place].withUnsafeBytes { Checksum.of($0) }
            #expect(digits[place...].withUnsafeBytes { Checksum.of($0, after: first) } == 0xCBF4_3926)
        }
        #expect(Checksum.of("6789", after: Checksum.of("12345")) == 0xCBF4_3926)
    }

    /// RFC 3720, B.4, and the catalogue's check value.
    @Test func `Castagnoli's sum is that of the standard`() {
        #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    }
}
