import Base
import Testing

@testable import Configuration

@Suite struct YAMLTests {
    private func parse(_ text: String) throws -> YAML { try YAML(parsing: text) }
    private func failure(_ text: String) -> String {
        do { return "no error: \(try YAML(parsing: text))" } catch { return "\(error)" }
    }

    @Test func `scalars are read as PyYAML reads them`() throws {
        let rows = try Files.json(Fixtures.path("yaml_scalars.json")).array ?? []
        #expect(rows.count > 1000)
        for row in rows {
            let text = try #require(row["text"]?.string)
            let value = try #require(try parse("- " + text).list?.first?.value)
            switch (row["type"]?.string, value) {
            case ("NoneType", .null): break
            case ("bool", .bool(let value)): #expect(value == row["value"]?.bool, "\(text)")
            case ("str", .string(let value)): #expect(value == row["value"]?.string, "\(text)")
            case ("int", .integer(let value)): #expect(String(value) == row["value"]?.string, "\(text)")
            case ("int", .number(let value)):  // beyond 64 bits
                #expect(
                    Int(row["value"]?.string ?? "") == nil && Double(row["value"]?.string ?? "") == value, "\(text)")
            case ("float", .number(let value)):
                let expected = Double(row["value"]?.string ?? "") ?? 0
                #expect(value == expected || value.isNaN && expected.isNaN, "\(text)")
            default: Issue.record("'\(text)' is \(value), PyYAML has \(row.text())")
            }
        }
    }

    @Test func `a byte order mark is no part of the text`() throws {
        let yaml = try YAML(parsing: [0xEF, 0xBB, 0xBF] + Array("a: 1\nb: 2\n".utf8))
        #expect(yaml == YAML(["a": 1, "b": 2]))
        #expect(yaml.mapping?.first?.key.place == YAML.Place(line: 1, column: 1))
    }
    @Test func `nodes know their line and column`() throws {
        let yaml = try parse("a: 1\nb:\n  - x\n  - {c: y}\n")
        #expect(yaml["b"]?.list?[1]["c"]?.place == YAML.Place(line: 4, column: 9))
        #expect(yaml.mapping?[1].key.place == YAML.Place(line: 2, column: 1))
    }

    @Test func `anchors, aliases and merge keys are expanded`() throws {
        let yaml = try parse("base: &b {x: 1, y: 2}\ncopy: *b\nmore:\n  <<: *b\n  y: 3\n")
        #expect(yaml["copy"] == YAML(["x": 1, "y": 2]))
        #expect(yaml["more"] == YAML(["x": 1, "y": 3]))
    }

    @Test func `the two Python tags of saved configurations are plain values`() throws {
        let yaml = try parse(
            """
            s: !!python/object/apply:ltxv_trainer.model_loader.LtxvModelVersion
            - LTXV_2B_0.9.5
            d: !!python/tuple
            - 704
            - 480
            """)
        #expect(yaml["s"] == "LTXV_2B_0.9.5")
        #expect(yaml["d"] == [704, 480])
    }

    @Test(arguments: [
        ("a: 1\na: 2", "line 2, column 1: duplicate key 'a'"),
        ("a: *x", "line 1, column 4: '*x' has no anchor '&x'"),
        ("a: &x [*x]", "line 1, column 8: '*x' lies inside its own anchor"),
        (
            "a: !!python/object/apply:os.system ['touch x']",
            "line 1, column 4: the tag '!!python/object/apply:os.system'"
        ),
        ("a: !!python/name:os.system x", "the tag '!!python/name:os.system' is not supported"),
        ("a: !mine 3", "the tag '!mine' is not supported"),
        ("a: !!int x", "'x' does not fit the tag '!!int'"),
        ("? [1, 2]\n: 3", "a key must be a single value"),
        ("a: 1\n---\nb: 2", "line 2, column 1: a second document"),
        ("a:\n\t- b", "line 2, column 1: found character that cannot start any token"),
        ("a: [1, 2", "did not find expected ',' or ']'"),
        ("a: b: c", "line 1, column 5: mapping values are not allowed"),
        ("a: \"x", "line 1"),
        ("<<: 3", "'<<' takes a mapping"),
        ("a: \u{1}", "control characters are not allowed"),
        ("%YAML 9.9\n---\na", "incompatible YAML"),
    ])
    func `a malformed text is refused with its place`(text: String, message: String) {
        #expect(failure(text).contains(message), "\(failure(text))")
    }

    @Test func `text that is not UTF-8 is refused with its place`() {
        #expect(throws: YAMLError.self) { try YAML(parsing: Array("a: 1\nb: ".utf8) + [0xFF]) }
        do { _ = try YAML(parsing: Array("a: 1\nbé: ".utf8) + [0xE9, 0x20]) } catch {
            #expect("\(error)" == "line 2, column 5: the text is not UTF-8; save it as UTF-8")
        }
        let utf16: [UInt8] = [0xFF, 0xFE, 0x61, 0]
        #expect(throws: YAMLError.self) { try YAML(parsing: utf16) }
    }

    @Test func `billion laughs are refused`() {
        let text = (0..<12).map { n in
            "a\(n): &a\(n) [\((0..<9).map { _ in n == 0 ? "lol" : "*a\(n - 1)" }.joined(separator: ", "))]"
        }.joined(separator: "\n")
        #expect(failure(text).contains("the aliases repeat more than 10000 values"))
    }

    @Test func `deep nesting and long texts are refused`() {
        #expect(failure(String(repeating: "[", count: 100_000)).contains("nested deeper than 64 levels"))
        #expect(failure(String(repeating: "- ", count: 5_000) + "x").contains("nested deeper than 64 levels"))
        #expect(failure(String(repeating: "{a: ", count: 5_000)).contains("nested deeper than 64 levels"))
        #expect(failure("a: " + String(repeating: "x", count: 9 << 20)).contains("a YAML text may have 8388608"))
        var limits = YAML.Limits()
        limits.nodes = 100
        #expect(throws: YAMLError.self) {
            try YAML(parsing: Array(String(repeating: "- 1\n", count: 200).utf8), limits: limits)
        }
    }

    @Test func `an empty text is null`() throws {
        #expect(try parse("").isNull)
        #expect(try parse("# only a comment\n").isNull)
    }

    @Test func `written values are read back as they were`() throws {
        let texts = [
            "", " ", "x", "no", "null", "~", "1", "1.5", "2e-4", "1e5", "010", "1:30", "2026-01-02", "- a", "a: b",
            "#x", "a #b",
            "[x]", "{x}", "'q'", "\"q\"", "a\nb", "tab\there", "ünïcode 中文 🎬", "\u{85}\u{2028}\u{FEFF}\u{7F}",
            "back\\slash",
            "trailing ", "%x", "@x", "`x`", "!x", "&x", "*x", "|", ">", "?", "= x", "<<", "=", "a,b", "don't", "${X}",
            "[BASENAME]_x", ".5", "-", "/p/q.r",
        ]
        let numbers: [YAML] = [0, -1, 1e-5, 2e-4, 1e300, 1.5, 1e16, -0.1, 123456789.125]
        let value = YAML([
            "texts": YAML(.list(texts.map { YAML(.string($0)) })), "numbers": YAML(.list(numbers)), "none": nil,
            "yes": true,
            "off": false, "empty": [], "map": YAML([:]), "nested": [[1, 2], [["x"], YAML(["k": ["v", [3]]])]],
            "1": 2, "a key: with": ["x"],
        ])
        let back = try parse(value.text)
        #expect((back == value ? "" : value.text) == "")
    }

    @Test func `random mutations of a configuration never crash the reader`() throws {
        var random = SplitMix64(seed: 7)
        let seeds = try ["ltxv_2b_lora", "ltxv_2b_lora_template", "tiny"].map { try Files.read(Fixtures.config($0)) }
        var accepted = 0
        for _ in 0..<3000 {
            var bytes = seeds[Int(random.next() % 3)]
            for _ in 0...(random.next() % 4) { random.mutate(&bytes) }
            do {
                _ = try TrainingConfiguration(YAML(parsing: bytes, path: "m.yaml"), path: "m.yaml")
                accepted += 1
            } catch let error as any UserError {
                #expect("\(error)".hasPrefix("'m.yaml': "), "\(error)")
            }
        }
        #expect(accepted > 0)
    }
}
