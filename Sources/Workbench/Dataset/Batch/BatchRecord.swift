import Base
import Glibc

/// What a batch tool made of one clip and of what: a hidden file in the folder of the results. It tells whether a result
/// is up to date, and whether a file there is the tool's at all.
struct BatchRecord: Sendable {
    private let path: String
    private var made: Provenance
    /// The tool has begun to write this result, in this run or in an earlier one.
    var isKnown: Bool { made.inputs["source"] != nil }
    /// How many pictures of a folder were written by the tool.
    var pictures: Int { made.facts["pictures"]?.integer ?? 0 }
    /// The caption that was last written for the result, `""` for none; `nil` when it never was.
    var caption: String? { made.facts["caption"]?.string }

    /// The dataset that the result was made for: its metadata file, relative to the folder of the results.
    var dataset: String? { made.dataset }
    /// The result is not in the list of the results because its clip had gone, not because somebody took it out.
    var isRetired: Bool { made.facts["retired"] != nil }
    /// The caption there was written, or last looked at, when the source was another picture.
    var isOfOtherContent: Bool { made.facts["captioned"]?.string.map { $0 != content } ?? false }
    /// The source without its time: equal for copies.
    private var content: String? {
        guard let parts = made.inputs["source"]?.split(separator: "-"), let size = parts.first, let hash = parts.last
        else { return nil }
        return "\(size)-\(hash)"
    }

    /// - Parameters:
    ///   - output: the result, relative to the folder.
    ///   - folder: of the tool's results.
    init(_ tool: BatchTool, of output: String, in folder: String) {
        path = Path.join(Path.join(folder, tool.recordFolder), output + ".json")
        // A record that cannot be read means that nothing is known of the result.
        made = (try? Files.json(path)).flatMap(Provenance.init) ?? Provenance()
    }

    /// Whether the result was made completely, of this source and with these options.
    func isOf(_ source: String, _ options: String) -> Bool {
        made.isDone && made.inputs["source"] == source && made.settings == options
    }

    /// Says that the result is about to be written: a run that is killed leaves a result that is not taken for done.
    mutating func begin(_ source: String, _ options: String, for dataset: String) throws {
        // In records of before this was noted the caption is that of the source which was.
        if made.facts["captioned"] == nil, let content { made.facts["captioned"] = .string(content) }
        (made.inputs["source"], made.settings, made.dataset, made.isDone) = (source, options, dataset, false)
        try write()
    }
    /// Says that so many pictures are the tool's, before they are put in their place.
    mutating func claim(pictures: Int) throws {
        guard pictures > self.pictures else { return }
        made.facts["pictures"] = .integer(pictures)
        try write()
    }
    mutating func complete(pictures: Int) throws {
        (made.facts["pictures"], made.isDone) = (.integer(pictures), true)
        try write()
    }
    /// The result is as this dataset needs it, whoever had it made.
    mutating func adopt(by dataset: String) throws {
        if dataset == self.dataset { return }
        made.dataset = dataset
        try write()
    }
    /// The caption there stands for the source as it is; `caption`: what was written, `nil` where somebody else's stays.
    mutating func settle(caption: String?) throws {
        let before = made
        if let caption { made.facts["caption"] = .string(caption) }
        if let content { made.facts["captioned"] = .string(content) }
        if made != before { try write() }
    }
    /// The result leaves the list of the results, with whatever is said of it there.
    mutating func retire() throws {
        (made.facts["retired"], made.facts["caption"]) = (true, nil)
        try write()
    }
    /// The result is in the list again.
    mutating func comeBack() throws {
        made.facts["retired"] = nil
        try write()
    }
    /// Forgets a result that came to nothing.
    func remove() { unlink(path) }

    private func write() throws {
        try Files.makeFolder(Path.folder(path))
        try AtomicFile.write(made.json.text() + "\n", to: path)
    }
}
