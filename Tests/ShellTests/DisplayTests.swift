import Base
import Media
import Synchronization
import Testing

@testable import Shell

private func text(_ string: String) -> DisplayValue { .string(Array(string.utf8)) }

@Suite struct ValuePrinterTests {
    private func show(_ value: DisplayValue, width: Int = 40) -> String {
        ValuePrinter(DisplayContext(width: width)).lines(value).joined(separator: "\n")
    }
    private func table(_ items: [DisplayValue], _ fields: [(key: DisplayValue, value: DisplayValue)] = [])
        -> DisplayValue
    {
        .table(DisplayTable(identity: 1, items: items, fields: fields))
    }

    @Test func `scalars read as Lua source`() {
        #expect(show(.null) == "nil")
        #expect(show(.integer(3)) == "3")
        #expect(show(.number(3)) == "3.0")
        #expect(show(.number(0.1)) == "0.1")
        #expect(show(.number(1e100)) == "1e+100")
        #expect(show(.number(-.infinity)) == "-inf")
        #expect(show(text("say \"hi\"")) == "\"say \\\"hi\\\"\"")
        #expect(show(.string([0x41, 0xFF, 0x1B, 0x00])) == "\"A\\xFF\\x1b\\x00\"")
        #expect(show(text("你好")) == "\"你好\"")
    }
    @Test func `text of several lines is shown as it is, without its escapes`() {
        #expect(show(text("a: 1\nb: \u{1B}[2J\n")) == "a: 1\nb: \\x1b[2J\n")
    }
    @Test func `a table is one line where it fits, with its keys in order`() {
        let fields: [(key: DisplayValue, value: DisplayValue)] = [
            (text("b"), .integer(2)), (text("a b"), .boolean(true)), (.integer(10), text("x")), (text("end"), .null),
        ]
        #expect(
            show(table([.integer(1)], fields), width: 80)
                == "{1, [10] = \"x\", [\"a b\"] = true, b = 2, [\"end\"] = nil}")
        #expect(show(table([])) == "{}")
    }
    @Test func `a long table is cut with a count and every line fits`() {
        let many = table((1...100).map { .integer($0) })
        let lines = ValuePrinter(DisplayContext(width: 40)).lines(many)
        #expect(lines.contains("  … 60 more"))
        let nested = table(
            [], [(text("loss"), table([text(String(repeating: "长", count: 60))])), (text("n"), .integer(1))])
        for line in ValuePrinter(DisplayContext(width: 40)).lines(nested) {
            #expect(TextWidth.of(line) <= 40, "\(line)")
        }
    }
    @Test func `cycles and depth end`() {
        #expect(show(table([.cycle(1)])) == "{<this table again>}")
        var deep = table([.integer(1)])
        for _ in 0..<20 { deep = table([deep]) }
        #expect(show(deep).contains("{… 1}"))
    }
    @Test func `many numbers stand in columns, texts of a line on their lines`() {
        let numbers = (1...40).map { DisplayValue.integer($0 * 7) }
        let lines = show(table(numbers), width: 80).split(separator: "\n").map(String.init)
        #expect(lines.count == 5 && lines.allSatisfy { $0.count <= 80 })
        #expect(lines[1].hasPrefix("    7,  14,  21,") && lines[3].hasSuffix("280,"))
        let words = (1...30).map { DisplayValue.string(Array("word\($0)".utf8)) }
        #expect(show(table(words), width: 80).split(separator: "\n").count < 8)
        let caption = DisplayValue.string(Array("a caption that is longer than a word or two".utf8))
        #expect(show(table([DisplayValue](repeating: caption, count: 5)), width: 80).split(separator: "\n").count == 7)
    }
    @Test func `rows of numbers are laid out one a line`() {
        let row = table([.integer(1), .integer(2)])
        #expect(show(table([row, row, row, row])) == "{\n  {1, 2},\n  {1, 2},\n  {1, 2},\n  {1, 2},\n}")
    }
    @Test func `colour changes no width`() {
        let value = table([.integer(1), text("x")], [(text("k"), .null)])
        let plain = ValuePrinter(DisplayContext(width: 80)).lines(value)
        let colored = ValuePrinter(DisplayContext(width: 80, style: Stylist(.sixteen))).lines(value)
        #expect(plain.map { TextWidth.of($0) } == colored.map { TextWidth.of($0) })
        #expect(plain != colored)
    }
}

@Suite struct PlotTests {
    @Test func `a sparkline has a block for each value and averages longer series`() {
        #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7], width: 20) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([0, .nan, 7], width: 20) == "▁ █")
        #expect(Sparkline.text((0..<1000).map(Double.init), width: 8) == "▁▂▃▄▅▆▇█")
        #expect(Sparkline.text([3, 3], width: 8) == "▅▅")
        #expect(Sparkline.text([], width: 8).isEmpty)
    }
    @Test func `a rising line goes from the lower left to the upper right`() {
        let lines = TerminalPlot([.init("loss", values: (0..<100).map(Double.init))]).lines(
            DisplayContext(width: 40), height: 5)
        #expect(lines.count == 7)
        // The lowest row holds the start, the highest the end, and neither the other.
        #expect(!lines[4].contains("┤ ") && lines[4].hasSuffix("  "), "\(lines[4])")
        #expect(lines[0].contains("┤  ") && !lines[0].hasSuffix(" "), "\(lines[0])")
        #expect(lines[0].contains("99.0"))
        for line in lines { #expect(TextWidth.of(line) <= 40) }
    }
    @Test func `a flat line, one point and nothing are drawn too`() {
        #expect(TerminalPlot([.init("x", values: [])]).lines(DisplayContext()) == ["(nothing to plot yet)"])
        #expect(TerminalPlot([.init("x", values: [1])]).lines(DisplayContext(width: 30), height: 3).count == 5)
        #expect(TerminalPlot([.init("x", values: [.nan, .infinity])]).lines(DisplayContext()).count == 1)
        let ascii = TerminalPlot([.init("x", values: [1, 2])]).lines(
            DisplayContext(width: 30, isUnicode: false), height: 3)
        #expect(ascii.allSatisfy { $0.allSatisfy(\.isASCII) })
    }
}

@Suite struct ProgressTests {
    /// Collects what is written, and is the clock.
    final class Screen: Sendable {
        let written = Mutex("")
        let time = Mutex(0.0)
        func display(_ terminal: Terminal, isShown: Bool = true, width: Int = 80) -> ProgressDisplay {
            ProgressDisplay(
                terminal, isShown: isShown, width: { width }, now: { self.time.withLock { $0 } },
                write: { text in self.written.withLock { $0 += text } })
        }
        func at(_ seconds: Double) { time.withLock { $0 = seconds } }
        var text: String { written.withLock { $0 } }
    }
    static func terminal(_ isTerminal: Bool) -> Terminal {
        Terminal(
            environment: { ["TERM": "xterm", "NO_COLOR": "1", "LANG": "C.UTF-8"][$0] }, isTerminal: { _ in isTerminal })
    }

    @Test func `without a terminal there is one line every ten per cent and one at the end`() {
        let screen = Screen()
        let display = screen.display(Self.terminal(false))
        for frame in 0...100 {
            screen.at(Double(frame) / 10)
            display.receive(.progress(Progress("splitting", frame, of: 100, "frames", [("cuts", "3")])))
        }
        display.finish()
        let lines = screen.text.split(separator: "\n")
        #expect(lines.count == 10)
        #expect(lines[0] == "splitting: 10 % (10/100 frames, 10.0 frames/s, 0:09 left, cuts 3)")
        #expect(lines[9] == "splitting: 100/100 frames in 0:10, cuts 3")
    }
    @Test func `on a terminal one line is redrawn, at most ten times a second, and fits`() {
        let screen = Screen()
        let display = screen.display(Self.terminal(true), width: 60)
        for step in 0...1000 {
            screen.at(Double(step) / 1000)
            display.receive(
                .progress(Progress("training", step, of: 2000, "steps", [("loss", "0.0312"), ("lr", "1e-04")])))
        }
        let draws = screen.text.split(separator: "\r")
        #expect((9...12).contains(draws.count), "\(draws.count)")
        let last = draws.last.map(String.init) ?? ""
        #expect(last.contains("training") && last.contains("ETA 0:01") && last.contains("loss 0.0312"), "\(last)")
        for draw in draws { #expect(TextWidth.of(String(draw.split(separator: "\u{1B}")[0])) < 60) }
        display.finish()
        #expect(screen.text.hasSuffix("training: 1000/2000 steps in 0:01, loss 0.0312, lr 1e-04\n"))
    }
    @Test func `notes are lines of their own, and progress=false leaves only them`() {
        let screen = Screen()
        let display = screen.display(Self.terminal(true), isShown: false)
        display.receive(.progress(Progress("training", 1, of: 2, "steps")))
        display.receive(.note("skipped 'a.mp4': no caption \u{1B}[2J"))
        display.finish()
        #expect(screen.text == "skipped 'a.mp4': no caption \\x1b[2J\n")
    }
    @Test func `the rate follows a change of speed and the clock reads well`() {
        var meter = ProgressMeter(Progress("x", 0, of: 1000, "frames"), now: 0)
        for second in 1...60 { meter.update(Progress("x", second, of: 1000, "frames"), now: Double(second)) }
        for second in 61...91 {
            meter.update(Progress("x", 60 + (second - 60) * 10, of: 1000, "frames"), now: Double(second))
        }
        #expect(abs((meter.rate ?? 0) - 10) < 0.5)
        #expect(ProgressMeter.clock(7) == "0:07")
        #expect(ProgressMeter.clock(3723) == "1:02:03")
        #expect(ProgressMeter.clock(.infinity) == "?")
        #expect(ProgressMeter.clock(273_600) == "3 d 4 h")
    }
    @Test func `work on files of unlike lengths has one bar and one estimate by how long they are`() {
        let screen = Screen(), display = screen.display(Self.terminal(true), width: 100)
        let name = String(repeating: "long", count: 30) + ".mp4"
        func report(_ done: Int, _ file: String?, _ share: Double) {
            let figures = file.map { [(name: "file", value: $0)] } ?? []
            display.receive(.progress(Progress("splitting", done, of: nil, "clips", figures, share: share)))
        }
        for second in 0...20 {
            screen.at(Double(second))
            report(second / 4, "1/2 \(name)", Double(second) / 80)
        }
        let last = screen.text.split(separator: "\r").last.map(String.init) ?? ""
        // A quarter took 20 seconds.
        #expect(last.contains("25 %") && last.contains("5 clips") && last.contains("ETA 1:00"), "\(last)")
        #expect(last.contains("file 1/2 long") && last.contains("…") && last.contains("g.mp4"), "\(last)")
        report(9, nil, 1)
        display.finish()
        #expect(screen.text.hasSuffix("splitting: 9 clips in 0:20\n"))
        #expect(screen.text.split(separator: "\n").count == 1)
    }
    @Test(arguments: [20, 40, 60, 80, 200]) func `the line keeps stage, share and time left when room gets short`(
        width: Int
    ) {
        var meter = ProgressMeter(Progress("training", 0, of: 100, "steps"), now: 0)
        meter.update(Progress("training", 50, of: 100, "steps", [("loss", "0.03"), ("lr", "1e-4")]), now: 10)
        let line = meter.line(width: width, now: 10, style: .plain, unicode: true)
        #expect(TextWidth.of(line) <= width)
        #expect(line.hasPrefix("training"))
        if width >= 40 { #expect(line.contains("50 %") && line.contains("ETA 0:10")) }
    }
}

@Suite struct PictureDisplayTests {
    @Test func `half blocks fit the terminal and have its colours`() throws {
        let pixels = [UInt8](repeating: 200, count: 64 * 32 * 3)
        let bytes = TerminalPicture.draw(
            Frame(width: 64, height: 32, pixels: pixels), columns: 30, rows: 10, method: .blocks, colors: .indexed256)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        #expect((1...10).contains(lines.count))
    }
    @Test func `a plot of Media is drawn in the terminal with its level`() {
        var plot = LinePlot(title: "scores")
        plot.series = [.init("content", (0..<30).map { (Double($0), Double($0 % 7)) })]
        (plot.level, plot.marks) = (3, [10])
        let lines = TerminalPlot(plot).lines(DisplayContext(width: 50), height: 6)
        #expect(lines[0] == "scores")
        #expect(lines[1].contains("level 3.00"))
        for line in lines { #expect(TextWidth.of(line) <= 50) }
    }
    @Test func `where no picture can be shown the way out is said`() {
        let console = Console()
        console.terminal = Terminal(environment: { _ in nil }, isTerminal: { _ in false })
        let error = #expect(throws: PictureError.self) {
            try Pictures.show(Frame(width: 1, height: 1, pixels: [0, 0, 0]), on: console)
        }
        #expect(error?.description.contains("give a path") == true)
    }
}
