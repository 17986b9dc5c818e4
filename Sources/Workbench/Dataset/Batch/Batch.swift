import Base
import Media

/// One run of a batch tool over the clips of a dataset or view.
///
/// A clip that cannot be read is named and left out, unless the run is strict. What goes wrong in writing, or in a function
/// of the caller's, ends the run: it would go wrong for the next clip as well.
struct Batch {
    let tool: BatchTool
    let dataset: Dataset
    /// Where the results go.
    let folder: String
    /// Whether results are made again that are up to date, and files replaced that are not the tool's.
    let force: Bool
    /// Whether results of the tool are made again though they look up to date.
    var alwaysRemakes = false
    /// Whether a clip that cannot be read ends the run.
    var isStrict = false
    let monitor: Monitor

    /// The dataset as its results' records call it: two lists of one folder are two datasets.
    var datasetName: String {
        Path.relative(dataset.store.location.metadata, to: DatasetLocation.resolved(folder))
    }

    /// A clip, and where its result goes: relative to the folder.
    struct Item {
        let clip: Clip, file: VideoFile, output: String
    }
    /// What came of a clip.
    struct Result {
        enum Outcome { case made, kept, foreign }
        let item: Item, path: String, outcome: Outcome
        var record: BatchRecord
    }
    /// Something of a clip that could not be read, for whatever reason.
    private struct ReadingFailure: Error { let cause: any Error }

    /// Marks errors of a body that reads a clip, so that the run goes on without it.
    static func reading<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch { throw ReadingFailure(cause: error) }
    }

    /// The clips that can be read, each with its result's place; those that `output` gives none are passed over.
    ///
    /// Throws `DatasetError.option` where two clips would get one place, or one would get that of a clip.
    func plan(_ output: (Clip, VideoFile) -> String?) throws -> [Item] {
        let items = try dataset.readable(strict: isStrict, monitor).compactMap { clip, file in
            output(clip, file).map { Item(clip: clip, file: file, output: $0) }
        }
        var sources: [String: String] = [:]
        for item in items {
            let path = item.clip.mediaPath
            // A clip that is listed twice has one result.
            if let other = sources.updateValue(path, forKey: item.output), other != path {
                throw DatasetError.option(
                    "output", reason: "cannot hold what is made of both '\(other)' and '\(path)': rename one of them")
            }
        }
        if tool == .resize { try refuseOverwriting(items) }
        return items
    }
    private func refuseOverwriting(_ items: [Item]) throws {
        let clips = Set(dataset.store.read { state in state.order.map { state.records[$0].entry.mediaPath } })
        for item in items {
            let path = Path.relative(Path.join(folder, item.output), to: dataset.folder)
            if clips.contains(path) {
                throw DatasetError.option(
                    "output", reason: "cannot be '\(folder)': '\(path)' there is a clip of this dataset")
            }
        }
    }

    /// Makes what is not up to date. `make` writes a result to the path it is given and returns how many pictures it has;
    /// `then` gets each result, made or not.
    ///
    /// - Parameter options: what the results depend on besides their clips, as one line.
    func run(
        _ items: [Item], _ options: String,
        then: (Result) throws -> Void = { _ in },
        _ make: (_ item: Item, _ path: String, _ record: inout BatchRecord, _ monitor: Monitor) throws -> Int
    ) throws -> [Result] {
        let name = datasetName
        let progress = FilesProgress(
            tool.stage, items.map { ($0.clip.name, $0.file.duration) }, "clips", monitor)
        var results: [Result] = []
        for (index, item) in items.enumerated() {
            try monitor.checkpoint()
            progress.begin(index, done: index, of: items.count)
            let path = Path.join(folder, item.output)
            var record = BatchRecord(tool, of: item.output, in: folder)
            do {
                let source = try Self.reading { try FileIdentity(item.file.path).text }
                let outcome = outcome(path, record, record.isOf(source, options))
                if outcome == .made {
                    try record.begin(source, options, for: name)
                    let inner = progress.monitor(index, done: index, of: items.count)
                    let pictures = try make(item, path, &record, inner)
                    try record.complete(pictures: pictures)
                } else if outcome == .kept {
                    try record.adopt(by: name)
                }
                let result = Result(item: item, path: path, outcome: outcome, record: record)
                try then(result)
                results.append(result)
            } catch let failure as ReadingFailure {
                if !Files.exists(path) { record.remove() }
                if isStrict { throw failure.cause }
                monitor.note("\(failure.cause); left out")
            }
        }
        progress.finish(done: results.count, of: items.count)
        return results
    }

    /// What is to become of a result: made, or left as it is.
    private func outcome(_ path: String, _ record: BatchRecord, _ isUpToDate: Bool) -> Result.Outcome {
        if force { return .made }
        if tool == .frames {
            let isThere = (0..<record.pictures).allSatisfy { Files.exists(Self.picture($0 + 1, in: path)) }
            return isUpToDate && isThere ? .kept : .made
        }
        guard Files.exists(path) else { return .made }
        // A file that no record speaks of may be anyone's work.
        if !record.isKnown { return .foreign }
        return isUpToDate && !alwaysRemakes ? .kept : .made
    }

    /// `frame_0001.png` in a folder, counted from 1.
    static func picture(_ number: Int, in folder: String) -> String {
        let digits = String(number), zeros = String(repeating: "0", count: max(0, 4 - digits.count))
        return Path.join(folder, "frame_\(zeros)\(digits).png")
    }
}

/// A tool that makes files of a dataset's clips.
enum BatchTool: String, Sendable {
    case resize, references, frames

    /// Where the tool keeps its records, in the folder of its results.
    var recordFolder: String { "." + rawValue }
    /// What it is doing, for the progress line.
    var stage: String {
        switch self {
        case .resize: "resizing"
        case .references: "making references"
        case .frames: "extracting"
        }
    }
}
