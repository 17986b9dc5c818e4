import Base

/// Which file of a folder has the captions of its media.
struct MetadataChoice {
    /// The file's name, `nil` where there is none.
    private(set) var name: String?
    /// What a person should know of the others.
    private(set) var notes: [String] = []
    /// A list that says nothing of media.
    private(set) var passedOver: String?
    private let folder: String

    /// Tried in this order. Upstream's names come first, then the GUI fork's, then those of other tools.
    private static let usualNames = [
        "captions.json", "dataset.json", "captions.jsonl", "dataset.jsonl", "metadata.jsonl", "captions.csv",
        "dataset.csv", "metadata.csv", "metadata.json", "caption.txt", "captions.txt", "clip_captions.json",
    ]
    /// What metadata that is made anew is called; later ones where a file of that name has other things in it.
    private static let newNames = ["captions.json", "dataset.json", "metadata.json", "clip_captions.json"]

    /// - Parameter media: names of the folder's media.
    init(in folder: String, names: [String], media: [String]) {
        self.folder = folder
        var foreign: [(name: String, reason: String)] = []
        func isMetadata(_ name: String) -> Bool {
            guard let reason = refusal(of: name) else { return true }
            // A text beside the clip of its name is that clip's caption.
            if Path.fileExtension(name) != "txt" || !media.contains(where: { Path.stem($0) == Path.stem(name) }) {
                foreign.append((name, reason))
            }
            return false
        }
        var usual = Self.usualNames.filter { names.contains($0) }
        usual += names.filter { $0.hasSuffix("_captions.txt") }
        usual += PairedText.captionNames.filter {
            !usual.contains($0) && PairedText.partner(of: Path.join(folder, $0)) != nil
        }
        usual = usual.filter(isMetadata)
        if usual.isEmpty {
            // Another name is taken when it is the only one of its kind.
            let others = names.filter {
                ["jsonl", "csv", "json"].contains(Path.fileExtension($0)) && !$0.hasPrefix(".")
                    && !$0.hasSuffix(".dataset.json") && !Self.usualNames.contains($0)
            }.filter(isMetadata)
            let kinds = ["jsonl", "csv", "json"].map { kind in others.filter { Path.fileExtension($0) == kind } }
            name = kinds.first { $0.count == 1 }?.first
            if name == nil, others.count > 1 {
                notes.append(
                    "\(others.nameList) may have the captions: Dataset.open(\"\(Path.join(folder, others[0]))\")")
            }
        } else {
            name = usual[0]
            let rest = usual.dropFirst().filter { !(usual[0] == "caption.txt" && $0 == "captions.txt") }
            if !rest.isEmpty {
                notes.append("captions are read from \(usual[0]); \(rest.joined(separator: ", ")) is left alone")
            }
        }
        passedOver = foreign.first?.name
        if let first = foreign.first {
            let more = foreign.count > 1 ? " (so are \(foreign.dropFirst().map(\.name).nameList))" : ""
            notes.append("'\(first.name)' is left alone\(more): \(first.reason)")
        }
    }

    private func refusal(of name: String) -> String? {
        let path = Path.join(folder, name)
        // Of a pair the names say what it is.
        if PairedText.partner(of: path).map({ Files.exists($0.paths) && Files.exists($0.captions) }) ?? false {
            return nil
        }
        return MetadataProbe.refusal(of: path)
    }

    /// A name for new metadata that no other file has.
    static func newName(among names: [String]) -> String {
        newNames.first { !names.contains($0) } ?? "captions.json"
    }
}
