import Base
import TestSupport
import Testing

@Suite struct ByteCountTests {
    @Test(arguments: [
        (0, "0 bytes"), (999, "999 bytes"), (-5, "-5 bytes"), (1000, "1.00 kB"), (20_480, "20.5 kB"),
        (123_456, "123 kB"), (1_400_000_000, "1.40 GB"), (12_000_000_000_000_000, "12000 TB"),
    ]) func `three digits and the unit`(count: Int, text: String) { #expect("\(ByteCount(count))" == text) }
}

@Suite struct SizeTextTests {
    @Test(arguments: [
        ("768x448", [768, 448]), ("768x448x89", [768, 448, 89]), ("768 X 448 x 89", [768, 448, 89]), ("-1x0", [-1, 0]),
    ]) func `sizes are two or three numbers`(text: String, numbers: [Int]) {
        #expect(SizeText.numbers(text) == numbers)
    }
    @Test(arguments: ["", "x", "768", "768x", "768x448x", "1x2x3x4", "ax2", "1.5x2", "99999999999999999999x2"])
    func `what is no size is refused`(text: String) { #expect(SizeText.numbers(text) == nil) }
}

@Suite struct FileStampTests {
    @Test func `another file of the same size and time in its place is seen`() throws {
        let folder = try Scratch.folder("stamp"), path = Path.join(folder, "a"), other = Path.join(folder, "b")
        try AtomicFile.write("one", to: path)
        let before = try FileStamp(path)
        #expect(try FileStamp(path) == before)
        try AtomicFile.write("two", to: path)
        #expect(try FileStamp(path) != before)
        #expect(throws: FileError.self) { try FileStamp(other) }
    }
}
