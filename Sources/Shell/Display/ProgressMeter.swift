import Base

/// The state of one progress line: rate and time left from the last half minute of reports, and the line itself.
struct ProgressMeter {
    private(set) var progress: Progress
    private let started: Double
    private var samples: [(time: Double, done: Int, fraction: Double?)]

    /// - Parameter now: seconds on a monotonic clock.
    init(_ progress: Progress, now: Double) {
        (self.progress, started) = (progress, now)
        samples = [(now, progress.done, progress.fraction)]
    }

    mutating func update(_ progress: Progress, now: Double) {
        self.progress = progress
        // Ten samples a second are enough, and old ones would hide a change of speed.
        if let last = samples.last, now - last.time < 0.1, samples.count > 1 { samples.removeLast() }
        samples.append((now, progress.done, progress.fraction))
        while samples.count > 2, let first = samples.first, now - first.time > 30 { samples.removeFirst() }
    }

    /// Units a second, `nil` while nothing can be said.
    var rate: Double? {
        guard let first = samples.first, let last = samples.last, last.time > first.time, last.done > first.done else {
            return nil
        }
        return Double(last.done - first.done) / (last.time - first.time)
    }
    /// Seconds left, `nil` while nothing can be said.
    var remaining: Double? {
        guard let first = samples.first, let last = samples.last, let from = first.fraction, let to = last.fraction,
            last.time > first.time, to > from
        else { return nil }
        return (1 - to) * (last.time - first.time) / (to - from)
    }
    /// 0 … 1, `nil` when nothing tells.
    var fraction: Double? { progress.fraction }
    func elapsed(_ now: Double) -> Double { now - started }

    /// The line on a terminal, in at most `width` columns. As room gets short the rate and the last figures go, then the bar, the
    /// counts and the other figures; stage, share and time left stay.
    func line(width: Int, now: Double, style: Stylist, unicode: Bool) -> String {
        var parts: [(rank: Int, text: String, style: Style?)] = [(9, SafeText.line(progress.stage), .heading)]
        if let fraction { parts.append((8, TextFitting.pad("\(Int(fraction * 100)) %", to: 5, .right), nil)) }
        parts.append((4, counts, nil))
        if let rate { parts.append((1, "\(ProgressMeter.rate(rate)) \(SafeText.line(progress.unit))/s", .quiet)) }
        if let remaining {
            parts.append((6, "ETA \(ProgressMeter.clock(remaining))", nil))
        } else {
            parts.append((5, ProgressMeter.clock(elapsed(now)), .quiet))
        }
        for (index, figure) in progress.figures.enumerated() {
            // A file's name may be as long as the line.
            let value = TextFitting.truncateMiddle(SafeText.line(figure.value), to: max(12, width / 3))
            parts.append(([5, 4][safe: index] ?? 2, "\(SafeText.line(figure.name)) \(value)", .number))
        }
        let least = 10
        var hasBar = fraction != nil
        func total() -> Int { parts.reduce(-2) { $0 + TextWidth.of($1.text) + 2 } + (hasBar ? least + 2 : 0) }
        while total() > width, parts.count > 1,
            let victim = parts.indices.min(by: { (parts[$0].rank, -$0) < (parts[$1].rank, -$1) })
        {
            if hasBar, parts[victim].rank > 3 { hasBar = false } else { parts.remove(at: victim) }
        }
        var texts = parts.map { part in part.style.map { style($0, part.text) } ?? part.text }
        if let fraction, hasBar {
            let room = min(30, least + width - total())
            texts.insert(ProgressMeter.bar(fraction, width: room, style: style, unicode: unicode), at: 1)
        }
        return TextFitting.truncate(texts.joined(separator: "  "), to: width)
    }

    /// The line where there is no terminal: `splitting: 40 % (96 of 240 frames, 31.2 frames/s, 0:05 left, loss 0.031)`.
    func plainLine(now: Double) -> String {
        var facts = [counts]
        if let rate { facts.append("\(ProgressMeter.rate(rate)) \(progress.unit)/s") }
        if let remaining, (fraction ?? 0) < 1 { facts.append("\(ProgressMeter.clock(remaining)) left") }
        facts += progress.figures.map { "\($0.name) \($0.value)" }
        let share = fraction.map { " \(Int($0 * 100)) %" } ?? ""
        return SafeText.line("\(progress.stage):\(share) (\(facts.joined(separator: ", ")))")
    }

    /// The line that stays when the work is over.
    func closingLine(now: Double) -> String {
        let facts = progress.figures.map { ", \($0.name) \($0.value)" }.joined()
        return SafeText.line("\(progress.stage): \(counts) in \(ProgressMeter.clock(elapsed(now)))\(facts)")
    }

    private var counts: String {
        var unit = progress.unit.isEmpty ? "" : " " + SafeText.line(progress.unit)
        if progress.total ?? progress.done == 1, unit.hasSuffix("s") { unit.removeLast() }
        return progress.total.map { "\(progress.done)/\($0)\(unit)" } ?? "\(progress.done)\(unit)"
    }

    // MARK: - Figures

    /// `0:07`, `12:34`, `1:02:03`, `3 d 4 h`.
    static func clock(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds < 8_640_000_000 else { return "?" }
        let whole = Int(max(0, seconds).rounded())
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        if whole >= 172_800 { return "\(whole / 86_400) d \(whole % 86_400 / 3600) h" }
        if whole >= 3600 { return "\(whole / 3600):\(two(whole % 3600 / 60)):\(two(whole % 60))" }
        return "\(whole / 60):\(two(whole % 60))"
    }
    /// Three significant digits: `0.0123`, `4.56`, `31.2`, `12345`.
    static func rate(_ value: Double) -> String { NumberText.significant(value, 3) }

    /// A bar with eighths of a cell.
    private static func bar(_ fraction: Double, width: Int, style: Stylist, unicode: Bool) -> String {
        guard unicode else {
            let full = Int(fraction * Double(width - 2))
            return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: width - 2 - full) + "]"
        }
        let eighths = Int(fraction * Double(width * 8))
        let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let done = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
        let rest = width - eighths / 8 - (eighths % 8 > 0 ? 1 : 0)
        return style(.good, done) + style(.quiet, String(repeating: "░", count: rest))
    }
}

extension Array {
    fileprivate subscript(safe index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
