import Foundations
import Glibc

/// What a batch tool made of one clip and of what: a hidden file in the folder of the results. It tells whether a result
/// is up to date, and whether a file there is the tool's at all.
struct BatchRecord: Sendable {
    private let path: String
    private var object: JSONObject
    /// The tool has begun to write this result, in this run or in an earlier one.
    var isKnown: Bool { object["source"] != nil }
    /// How many pictures of a folder were written by the tool.
    var pictures: Int { object["pictures"]?.integer ?? 0 }
    /// The caption that was last written for the result, `""` for none; `nil` when it never was.
    var caption: String? { object["caption"]?.string }

    /// - Parameters:
    ///   - output: the result, relative to the folder.
    ///   - folder: of the tool's results.
    init(_ tool: BatchTool, of output: String, in folder: String) {
        path = Path.join(Path.join(folder, tool.recordFolder), output + ".json")
        // A record that cannot be read means that nothing is known of the result.
        object = (try? Files.json(path))?.object ?? JSONObject()
    }

    /// Whether the result was made completely, of this source and with these options.
    func isOf(_ source: String, _ options: String) -> Bool {
        object["done"]?.bool == true && object["source"]?.string == source && object["options"]?.string == options
    }

    /// Says that the result is about to be written: a run that is killed leaves a result that is not taken for done.
    mutating func begin(_ source: String, _ options: String) throws {
        (object["source"], object["options"], object["done"]) = (.string(source), .string(options), false)
        try write()
    }
    /// Says that so many pictures are the tool's, before they are put in their place.
    mutating func claim(pictures: Int) throws {
        guard pictures > self.pictures else { return }
        object["pictures"] = .integer(pictures)
        try write()
    }
    mutating func complete(pictures: Int) throws {
        (object["pictures"], object["done"]) = (.integer(pictures), true)
        try write()
    }
    mutating func setCaption(_ caption: String) throws {
        guard caption != self.caption else { return }
        object["caption"] = .string(caption)
        try write()
    }
    /// Forgets a result that came to nothing.
    func remove() { unlink(path) }

    private func write() throws {
        try Files.makeFolder(Path.folder(path))
        try AtomicFile.write(JSON.object(object).text() + "\n", to: path)
    }
}
