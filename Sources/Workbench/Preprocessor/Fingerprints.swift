import Base
import NN
import Torch

/// What each preprocessed file was made of and for which dataset, so that a second run skips what is up to date and takes
/// away what the dataset no longer has. Kept in `fingerprints.json`.
struct Fingerprints {
    /// One file; nothing is done of it while it is being made.
    typealias Entry = Provenance
    private let path: String
    private var known: [String: Entry]
    private var saved: [String: Entry]
    private var lastSaved = ContinuousClock.now

    /// An unreadable file is the same as none: everything is made again.
    init(_ folder: String) {
        path = Path.join(folder, "fingerprints.json")
        let members = (try? Files.json(path))?.object?.members ?? []
        known = Dictionary(members.compactMap { key, value in Entry(value).map { (key, $0) } }) { _, last in last }
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
    /// The clip that a file was made of, both without extension: a video may give several clips of training.
    func clip(of name: String) -> String {
        (self["latents/\(name).pt"]?.inputs["clip"] ?? self["conditions/\(name).pt"]?.inputs["clip"]) ?? name
    }
    /// The names of what was made of clips that give several, by clip.
    var parts: [String: [String]] {
        let parts = known.compactMap { file, entry in
            file.hasPrefix("conditions/")
                ? entry.inputs["clip"].map { ($0, String(file.dropFirst(11).dropLast(3))) } : nil
        }
        return Dictionary(grouping: parts, by: \.0).mapValues { $0.map(\.1).sorted() }
    }
    mutating func save() throws {
        if known == saved { return }
        let members = known.sorted { $0.key < $1.key }.map { (key: $0, value: $1.json) }
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
    /// The weights and the configuration in a model part's folder, or its one file.
    static func model(_ folder: String) -> String {
        guard Files.isFolder(folder) else { return hash(identity(folder)) }
        let names = (try? Files.list(folder)) ?? []
        return hash(names.map { "\($0):\(identity(Path.join(folder, $0)))" }.joined(separator: ";"))
    }
    /// The text encoder, its tokenizer and the number format of one of them in memory.
    static func textModel(_ model: ModelFolder, _ text: WeightPolicy) -> String {
        "\(Self.model(model.part("text_encoder")))-\(Self.model(model.part("tokenizer")))-\(text)"
    }
    /// FNV-1a, 64 bits, in hexadecimal.
    static func hash(_ text: String) -> String { String(number(text), radix: 16) }
    static func number(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension Provenance {
    init(mark: String, dataset: String?, content: String?, stamp: String?) {
        (settings, isDone, self.dataset) = (mark, !mark.isEmpty, dataset)
        (self.content, self.stamp) = (content, stamp)
    }
    /// Everything that a preprocessed file depends on; empty while it is being made.
    var mark: String {
        get { isDone ? settings : "" }
        set { (settings, isDone) = (newValue, !newValue.isEmpty) }
    }
    /// The hash of the media file that it was made of.
    var content: String? {
        get { inputs["content"] }
        set { inputs["content"] = newValue }
    }
    /// What the hash is remembered by.
    var stamp: String? {
        get { inputs["stamp"] }
        set { inputs["stamp"] = newValue }
    }
}
