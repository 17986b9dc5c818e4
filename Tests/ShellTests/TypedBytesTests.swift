import Testing

@testable import Shell

/// What is typed and is no UTF-8.
@Suite struct TypedBytesTests {
    @Test func `text stays as it is, and a byte that is none is written out`() {
        #expect(TypedBytes(Array("x = 'né 猫 🚗'".utf8)).text == "x = 'né 猫 🚗'")
        #expect(TypedBytes(Array("plain".utf8)).note == nil)
        #expect(TypedBytes([UInt8(ascii: "'"), 0xE9, UInt8(ascii: "'")]).text == "'\\xE9'")
        // A character that is cut off, one that is longer than it need be, half a surrogate.
        #expect(TypedBytes([0x61, 0xE7, 0x8C]).text == "a\\xE7\\x8C")
        #expect(TypedBytes([0xC0, 0xAF]).text == "\\xC0\\xAF")
        #expect(TypedBytes([0xED, 0xA0, 0x80, 0x62]).text == "\\xED\\xA0\\x80b")
        #expect(TypedBytes([0xFF, 0xFE]).note?.hasPrefix("2 bytes that are not UTF-8: written out, as \\xFF") == true)
    }
}
