import Testing

@testable import Shell

@Suite struct TextWidthTests {
    /// Widths by Python's wcwidth 0.7 (`wcswidth`).
    static let golden: [(String, Int)] = [
        ("hello", 5), ("你好世界", 8), ("é", 1), ("e\u{301}", 1), ("한글", 4), ("👍", 2), ("👨‍👩‍👧", 2), ("🇩🇪", 2),
        ("❤\u{FE0F}", 2), ("a\u{200B}b", 2), ("ﾊﾝｶｸ", 4), ("ＦＵＬＬ", 8), ("日本語テキスト", 14), ("naïve", 5), ("กำ", 2),
        ("नमस्ते", 4),
        ("𝟘𝟙", 2), ("…", 1), ("█▌", 2), ("⠿", 1), ("😀 x", 4), ("中a文b", 6), ("①", 1), ("☺", 1), ("☺\u{FE0F}", 2),
        ("\u{1100}\u{1161}\u{11A8}", 2), ("𠀀", 2),
    ]
    @Test(arguments: golden) func `widths are those of the terminal world`(text: String, width: Int) {
        #expect(TextWidth.of(text) == width)
    }
    @Test func `our own colours take no columns`() {
        #expect(TextWidth.of(Stylist(.sixteen)(.error, "你x")) == 3)
    }
    @Test func `cutting never leaves half a character and ends its style`() {
        #expect(TextFitting.truncate("你好世界", to: 5) == "你好…")
        #expect(TextFitting.truncate("你好世界", to: 4) == "你…")
        #expect(TextFitting.truncate("abc", to: 3) == "abc")
        #expect(TextFitting.truncate("abc", to: 0).isEmpty)
        let cut = TextFitting.truncate(Stylist(.sixteen)(.good, "abcdef"), to: 3)
        #expect(cut == "\u{1B}[32mab…\u{1B}[0m")
    }
    @Test func `the end of a path survives the cut`() {
        let cut = TextFitting.truncateMiddle("train_date/APT/scenes/long-name-Scene-001.mp4", to: 24)
        #expect(TextWidth.of(cut) <= 24)
        #expect(cut.hasPrefix("train_da") && cut.hasSuffix("001.mp4"))
    }
    @Test func `wrapping breaks at blanks, and wide text anywhere`() {
        #expect(TextFitting.wrap("the quick brown fox", to: 9) == ["the quick", "brown fox"])
        #expect(TextFitting.wrap("你好世界", to: 5) == ["你好", "世界"])
        #expect(TextFitting.wrap("a\n\nb", to: 9) == ["a", "", "b"])
        #expect(TextFitting.wrap("abcdefgh", to: 3) == ["abc", "def", "gh"])
    }
}

@Suite struct NearPathTests {
    @Test func `what lies in the working directory is written from there, everything else as it is`() {
        func near(_ text: String) -> String { NearPaths.text(text, from: "/home/ada") }
        #expect(near("/home/ada/train_date/APT") == "train_date/APT")
        #expect(near("now in '/home/ada/a b' and /home/ada/c.") == "now in 'a b' and c.")
        #expect(near("/home/ada2/x /mnt/home/ada/y /home/ada") == "/home/ada2/x /mnt/home/ada/y /home/ada")
        #expect(NearPaths.text("/a/b", from: "/") == "/a/b")
        #expect(NearPaths.text("/a/b", from: "") == "/a/b")
    }
}

@Suite struct SafeTextTests {
    @Test func `control characters of files are written out`() {
        #expect(SafeText.line("a\u{1B}[31mred\u{7}") == "a\\x1b[31mred\\x07")
        #expect(SafeText.line("c1 \u{9B}31m del \u{7F}") == "c1 \\x9b31m del \\x7f")
        #expect(SafeText.line("gpj.\u{202E}exe") == "gpj.\\u{202e}exe")
        #expect(SafeText.block("a\nb\tc\r") == "a\nb\tc\\r")
        #expect(SafeText.cell("a\n  b\t c") == "a b c")
        #expect(SafeText.cell(String(repeating: "猫", count: 4000)) == String(repeating: "猫", count: 4000))
        #expect(SafeText.cell(String(repeating: "a b ", count: 1_000_000)).count == 4000)
        #expect(SafeText.line("你好 👨‍👩‍👧 é") == "你好 👨‍👩‍👧 é")
    }
}

@Suite struct ColorDepthTests {
    static func decide(_ choice: ColorChoice, _ isTerminal: Bool, _ environment: [String: String]) -> ColorDepth {
        .decide(choice, isTerminal: isTerminal, environment: { environment[$0].flatMap { $0.isEmpty ? nil : $0 } })
    }
    @Test func `the flag wins, then FORCE_COLOR, then NO_COLOR, then the terminal`() {
        let xterm = ["TERM": "xterm-256color"]
        #expect(Self.decide(.auto, true, xterm) == .palette)
        #expect(Self.decide(.auto, false, xterm) == .none)
        #expect(Self.decide(.auto, true, xterm.merging(["NO_COLOR": "1"]) { $1 }) == .none)
        #expect(Self.decide(.auto, true, xterm.merging(["NO_COLOR": ""]) { $1 }) == .palette)
        #expect(Self.decide(.auto, false, xterm.merging(["NO_COLOR": "1", "FORCE_COLOR": "1"]) { $1 }) == .palette)
        #expect(Self.decide(.auto, true, xterm.merging(["FORCE_COLOR": "0"]) { $1 }) == .none)
        #expect(Self.decide(.always, false, ["NO_COLOR": "1"]) == .sixteen)
        #expect(Self.decide(.never, true, xterm.merging(["FORCE_COLOR": "3"]) { $1 }) == .none)
        #expect(Self.decide(.auto, true, ["TERM": "dumb"]) == .none)
        #expect(Self.decide(.auto, true, [:]) == .none)
        #expect(Self.decide(.auto, true, ["TERM": "xterm", "COLORTERM": "truecolor"]) == .full)
    }
}

@Suite struct TextTableTests {
    static let table = TextTable(
        [
            .init("#", .right, rank: 9), .init("name", least: 8, rank: 8, cutsMiddle: true),
            .init("length", .right, rank: 5),
            .init("size", rank: 4), .init("fps", .right, rank: 1), .init("caption", least: 16, rank: 7),
        ],
        rows: [
            ["1", "walk-Scene-001.mp4", "3.2 s", "1280x720", "24", "一只猫在草地上走，阳光明媚，镜头缓慢推进"],
            ["2", "b.mp4", "12.0 s", "640x360", "29.97", "a dog\nruns \u{1B}[31mfast"],
        ])

    @Test(arguments: [120, 100, 80, 60, 40, 30, 20]) func `a table fits its terminal`(width: Int) {
        let lines = Self.table.lines(width: width)
        for line in lines { #expect(TextWidth.of(line) <= width, "\(line)") }
        #expect(lines.count >= 3)
        #expect(lines[0].contains("name"))
    }
    @Test func `at 60 columns the caption shrinks and the least important column goes, and is named`() {
        let lines = Self.table.lines(width: 60)
        #expect(lines[0].contains("caption"))
        #expect(lines.contains { $0.contains("…") })
        let narrow = Self.table.lines(width: 50)
        #expect(!narrow[0].contains("fps"))
        #expect(narrow.last == "(not shown in 50 columns: fps)")
    }
    @Test func `wide text is aligned, and cells cannot break the layout`() {
        let table = TextTable([.init("a"), .init("b")], rows: [["你好", "x"], ["ab", "y"]])
        #expect(table.lines(width: 80) == ["a     b", "你好  x", "ab    y"])
        #expect(Self.table.lines(width: 120)[2].hasSuffix("a dog runs \\x1b[31mfast"))
    }
    @Test(arguments: 12...60) func `two paths are never cut to the same text`(width: Int) {
        let names = [
            "TEST0101-Scene-001-Scene-001.mp4", "TEST0101-Scene-001.mp4", "TEST0101-Scene-002-Scene-001.mp4",
            "TEST0102-Scene-001.mp4", "TEST0101-Scene-010-Scene-001.mp4",
        ]
        let table = TextTable(
            [.init("name", least: 10, rank: 8, cutsMiddle: true), .init("caption", least: 16, rank: 7)],
            rows: names.map { [$0, "a long caption that says what is to be seen"] })
        let lines = table.lines(width: width)
        #expect(lines.allSatisfy { TextWidth.of($0) <= width })
        let cells = lines.dropFirst().prefix(5).map { $0.split(separator: " ").first.map(String.init) ?? "" }
        // Below that no one cut leaves room for all that tells them apart.
        if width >= 19 { #expect(Set(cells).count == 5, "\(cells)") } else { #expect(Set(cells).count > 1) }
    }
    @Test func `a column that says the same everywhere goes, and what it says is told once`() {
        var table = TextTable(
            [
                .init("name"), .init("size", collapses: true), .init("caption", collapses: true),
                .init("fps", collapses: true),
            ],
            rows: [["a", "96x64", "", "24"], ["b", "96x64", "", "25"]])
        #expect(table.lines(width: 80) == ["name  fps", "a     24", "b     25", "(the same in all: size 96x64)"])
        table = TextTable(table.columns, rows: [["a", "96x64", "", "24"]])
        #expect(table.lines(width: 80)[0] == "name  size   caption  fps")
    }
    @Test func `a limit says how many rows follow`() {
        #expect(Self.table.lines(width: 120, limit: 1).last == "… 1 more rows")
    }
}
