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
}
