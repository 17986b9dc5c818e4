import Base
import Testing

@Suite struct JSONTests {
    /// Python's `json.dumps` and serde have these two short.
    @Test func `control characters are written as other libraries write them`() {
        #expect(JSON.string("\u{8}\u{C}\n\u{1}é").text() == #""\b\f\n\u0001é""#)
    }
    @Test(arguments: [
        #"{"b": 1, "a": [true, null, -2.5e3, "é\n"], "c": {}}"#, "[]", "\"\\ud83d\\ude00\"", "0", "9007199254740993",
    ])
    func `what is read is written back the same`(text: String) throws {
        let value = try JSON(parsing: text)
        #expect(try JSON(parsing: value.text()) == value)
        #expect(try JSON(parsing: value.text(indent: 2)) == value)
    }
    @Test func `keys keep the order of the file`() throws {
        #expect(try JSON(parsing: #"{"z": 1, "a": 2, "m": 3}"#).object?.keys == ["z", "a", "m"])
    }
    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,\"a\":2}", "NaN", "01", "1.", "\"\\ud800\"", "\"\u{1}\"", "[1] 2", "'a'", "1e999",
        String(repeating: "[", count: 100_000),
    ])
    func `malformed text is refused with its place`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }
    @Test func `an error tells line and column`() {
        let error = #expect(throws: JSONError.self) { try JSON(parsing: "{\n  \"a\": x\n}") }
        #expect(error?.line == 2)
        #expect(error?.column == 8)
    }
    @Test func `Python's layout is matched`() throws {
        let value = try JSON(parsing: #"[{"caption": "一只猫", "media_path": "a.mp4"}]"#)
        #expect(value.text(indent: 2) == "[\n  {\n    \"caption\": \"一只猫\",\n    \"media_path\": \"a.mp4\"\n  }\n]")
    }
}
