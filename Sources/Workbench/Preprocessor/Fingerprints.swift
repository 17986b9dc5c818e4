import Base

/// What each preprocessed file was made of and for which dataset, so that a second run skips what is up to date and takes
/// away what the dataset no longer has. Kept in `fingerprints.json`.
struct Fingerprints {
    /// One file.
    struct Entry: Equatable {
        /// Everything that it depends on; empty while it is being made.
        var mark = ""
        /// The metadata file of the dataset, relative to the folder; `nil` in records of before this was noted.
        var dataset: String?
        /// The hash of the media file that it was made of, and what the hash is remembered by.
        var content: String?, stamp: String?
    }
    private let path: String
    private var known: [String: Entry]
    private var saved: [String: Entry]
    private var lastSaved = ContinuousClock.now

    /// An unreadable file is the same as none: everything is made again.
    init(_ folder: String) {
        path = Path.join(folder, "fingerprints.json")
        let members = (try? Files.json(path))?.object?.members ?? []
        known = Dictionary(
            members.compactMap { key, value in
                if let mark = value.string { return (key, Entry(mark: mark)) }
                guard let mark = value["mark"]?.string else { return nil }
                return (
                    key,
                    Entry(
                        mark: mark, dataset: value["dataset"]?.string, content: value["content"]?.string,
                        stamp: value["stamp"]?.string)
                )
            }
        ) { _, last in last }
        saved = known
    }

    var isEmpty: Bool { known.isEmpty }
    /// Files that a run has begun and not finished, sorted.
    var unfinished: [String] { known.filter { $0.value.mark.isEmpty }.keys.sorted() }
    /// By the path in the folder; `nil` for a file that this program has not made.
    subscript(file: String) -> Entry? {
        get { known[file] }
        set { known[file] = newValue }
    }
    mutating func save() throws {
        if known == saved { return }
        let members = known.sorted { $0.key < $1.key }.map { file, entry in
            let fields = [
                ("mark", entry.mark), ("dataset", entry.dataset), ("content", entry.content), ("stamp", entry.stamp),
            ]
            let object = JSONObject(fields.compactMap { name, value in value.map { (key: name, value: .string($0)) } })
            return (key: file, value: JSON.object(object))
        }
        try AtomicFile.write(JSON.object(JSONObject(members)).text(indent: 1) + "\n", to: path)
        (saved, lastSaved) = (known, .now)
    }
    /// Saves once a second at most: with thousands of clips the record is large, and a file that it does not call done is
    /// only made again.
    mutating func saveSometimes() throws {
        if lastSaved.duration(to: .now) > .seconds(1) { try save() }
    }

    /// Name, size and time of a file; a copy in another place counts as the same.
    static func identity(_ path: String) -> String {
        (try? FileStamp(path))?.sizeAndTime ?? "missing"
    }
    /// The weights and the configuration in a model part's folder.
    static func model(_ folder: String) -> String {
        let names = (try? Files.list(folder)) ?? []
        return hash(names.map { "\($0):\(identity(Path.join(folder, $0)))" }.joined(separator: ";"))
    }
    /// FNV-1a, 64 bits, in hexadecimal.
    static func hash(_ text: String) -> String { String(number(text), radix: 16) }
    static func number(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
