import Base
import Workbench

/// What a session has changed and made: shown when it ends, and by `:session`.
struct SessionTable {
    private var rows: [[String]] = []
    var isEmpty: Bool { rows.isEmpty }

    init(_ ledger: Ledger = .session, runs: [Run] = RunList.session.all, captions: [CaptionRun] = CaptionRun.session) {
        var shown: [String: Int] = [:], hidden: [(what: String, count: Int)] = []
        for entry in ledger.entries {
            shown[entry.what, default: 0] += 1
            // A sweep samples hundreds of files.
            guard entry.count > 1 || !entry.unit.isEmpty || shown[entry.what, default: 0] <= Self.mostFiles else {
                if hidden.last?.what == entry.what { hidden[hidden.count - 1].count += 1 } else { hidden.append((entry.what, 1)) }
                continue
            }
            rows.append([entry.what, entry.unit.isEmpty ? "" : counted(entry.count, entry.unit), entry.place])
        }
        rows += hidden.map { [$0.what, "and \(counted($0.count, "more file", "more files"))", ""] }
        for captions in captions { rows.append([captions.name, "\(captions.state.rawValue), \(captions.done) of \(captions.count)", ""]) }
        for run in runs {
            let loss = run.loss.map { ", loss \(NumberText.significant($0, 3))" } ?? ""
            rows.append([run.name, "\(run.state.rawValue), step \(run.step) of \(run.steps)\(loss)", run.folder])
        }
    }
    private static let mostFiles = 5

    /// The lines; paths in the working directory are written from there.
    func lines(_ context: DisplayContext) -> [String] {
        guard !rows.isEmpty else { return [] }
        let table = TextTable(
            [.init("", rank: 3, style: .name), .init("this session", least: 8, rank: 1), .init("where", least: 12, rank: 2, cutsMiddle: true)],
            rows: rows.map { [$0[0], $0[1], NearPaths.text($0[2])] })
        return table.lines(width: context.textWidth, style: context.style)
    }

    /// Puts it behind those of the sessions before, each with its time and folder, in the file beside the history. What the file has
    /// beyond a length is cut off at its beginning.
    func append(to path: String) throws {
        guard !rows.isEmpty else { return }
        let head = "\(Timestamp.zoned()) \(NearPaths.here)"
        let text = ([head] + rows.map { "  " + $0.filter { !$0.isEmpty }.joined(separator: "  ") }).joined(separator: "\n") + "\n"
        try Files.makeFolder(Path.folder(path))
        try Files.append(SafeText.block(text), to: path)
        guard let size = Files.size(path), size > Self.mostBytes else { return }
        let lines = try Files.text(path).suffix(Self.mostBytes / 2).drop { $0 != "\n" }.dropFirst()
        try AtomicFile.write(String(lines.drop { $0 == " " }), to: path)
    }
    private static let mostBytes = 1 << 18
}
