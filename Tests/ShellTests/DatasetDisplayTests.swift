import Base
import Testing
import Workbench

@testable import Shell

@Suite struct DatasetDisplayTests {
    private func dataset() throws -> Dataset {
        let folder = Path.join(try PtySession.makeHome(), "APT")
        try Files.makeFolder(folder)
        try AtomicFile.write(
            #"[{"media_path": "a.mp4", "caption": "一只猫在草地上走\u001b[31m"}, {"media_path": "b.mp4"}]"#,
            to: Path.join(folder, "captions.json"))
        return try Dataset.open(folder)
    }
    @Test(arguments: [200, 80, 60, 20]) func `a dataset is a table that fits`(width: Int) throws {
        let dataset = try dataset()
        let lines = dataset.lines(DisplayContext(width: width))
        for line in lines { #expect(TextWidth.of(line) <= width, "\(line)") }
        #expect(dataset.oneLine == "APT: 2 clips, 1 captioned")
        if width >= 60 {
            #expect(lines.contains { $0.contains("一只猫") })
            #expect(lines.contains { $0.contains("missing") })
        }
        #expect(!lines.joined().contains("\u{1B}"))
        try dataset.close()
    }
    @Test func `without a terminal no caption is cut where whole lines are asked for`() throws {
        let dataset = try dataset()
        let caption = String(repeating: "long caption ", count: 60)
        try dataset.clip(1).setCaption(caption)
        var terminal = Terminal(isTerminal: { _ in false })
        #expect(dataset.lines(DisplayContext(terminal)).allSatisfy { !$0.contains(caption.dropLast()) })
        terminal.isWide = true
        #expect(dataset.lines(DisplayContext(terminal)).contains { $0.contains(caption.dropLast()) })
        #expect(dataset.lines(DisplayContext(Terminal(isTerminal: { $0 == 1 }))).allSatisfy { !$0.contains(caption) })
        try dataset.close()
    }
    @Test func `a clip is a card`() throws {
        let dataset = try dataset()
        let card = try dataset.clip(1).lines(DisplayContext(width: 60)).joined(separator: "\n")
        #expect(card.hasPrefix("a.mp4\n"))
        #expect(card.contains("caption") && card.contains("一只猫在草地上走\\x1b[31m") && card.contains("missing"))
        try dataset.close()
    }
    @Test func `lengths read well`() {
        #expect(DurationText.text(3.21) == "3.2 s")
        #expect(DurationText.text(12.04) == "12.0 s")
        #expect(DurationText.text(0.3) == "0.3 s")
        #expect(DurationText.text(65) == "1:05.0")
        #expect(DurationText.text(3723) == "1:02:03")
        #expect(DurationText.text(.nan) == "?")
    }
}
