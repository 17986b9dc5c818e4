import Base
import Workbench

/// What a session has changed and made: shown when it ends, and by `:session`.
struct SessionTable {
    private var rows: [(name: String, value: String)] = []

    init(_ ledger: Ledger = .session, runs: [Run] = RunList.session.all, captions: [CaptionRun] = CaptionRun.session) {
        var files: [String: Int] = [:], hidden: [String] = []
        let folders = runs.map { Path.absolute($0.folder) + "/" }
        // What runs make is in their rows.
        for entry in ledger.entries where !folders.contains(where: { entry.place.hasPrefix($0) }) {
            let place = NearPaths.text(entry.place)
            guard entry.unit.isEmpty else {
                rows.append((entry.what, "\(counted(entry.count, entry.unit)) in \(place)"))
                continue
            }
            files[entry.what, default: 0] += 1
            // A sweep samples hundreds of files.
            if files[entry.what, default: 0] <= Self.mostFiles { rows.append((entry.what, place)) }
            if files[entry.what] == Self.mostFiles + 1 { hidden.append(entry.what) }
        }
        rows += hidden.map { ($0, "and \(counted((files[$0] ?? 0) - Self.mostFiles, "more file", "more files"))") }
        rows += captions.map { ($0.name, "\($0.state.rawValue), \($0.done)/\($0.count) clips") }
        for run in runs {
            let loss = run.loss.map { ", loss \(NumberText.significant($0, 3))" } ?? "",
                place = NearPaths.text(run.folder)
            rows.append((run.name, "\(run.state.rawValue), step \(run.step)/\(run.steps)\(loss), in \(place)"))
        }
    }
    private static let mostFiles = 5

    /// The lines; none where nothing was changed or made.
    func lines(_ context: DisplayContext) -> [String] {
        rows.isEmpty ? [] : Card("this session", rows).lines(context)
    }

    /// Puts it behind those of the sessions before, each with its time and folder, in the file beside the history. What the file has
    /// beyond a length is cut off at its beginning.
    func append(to path: String) throws {
        guard !rows.isEmpty else { return }
        let head = "\(Timestamp.zoned()) \(NearPaths.here)"
        let text = ([head] + rows.map { "  \($0.name)  \($0.value)" }).joined(separator: "\n") + "\n"
        try Files.makeFolder(Path.folder(path))
        try Files.append(SafeText.block(text), to: path)
        guard let size = Files.size(path), size > Self.mostBytes else { return }
        let lines = try Files.text(path).suffix(Self.mostBytes / 2).drop { $0 != "\n" }.dropFirst()
        try AtomicFile.write(String(lines.drop { $0 == " " }), to: path)
    }
    private static let mostBytes = 1 << 18
}
