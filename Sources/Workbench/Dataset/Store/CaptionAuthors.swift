import Base

/// Who wrote which caption: a hidden file beside the metadata, to which every edit of a caption adds a line.
///
/// A caption is somebody's as long as it is what they wrote: one that was changed elsewhere since is a person's.
struct CaptionAuthors: Sendable {
    private let path: String
    /// By media path; read when it is first asked for.
    private var records: [String: Record]?

    private struct Record {
        var machine: (text: String, name: String)?
        var person: String?
    }

    init(_ path: String) { self.path = path }

    /// `Clip.person`, the name of a model, or nil for a caption that came with the metadata.
    mutating func author(of caption: String?, at media: String) -> String? {
        guard let caption, !caption.isEmpty, let record = loaded()[media] else { return nil }
        let mark = Self.mark(caption)
        if let machine = record.machine, machine.text == mark { return machine.name }
        return record.machine != nil || record.person == mark ? Clip.person : nil
    }

    /// Takes note of an edit. A disk that is full must not cost the edit, which is made.
    mutating func note(_ edit: Edit, _ state: DatasetState, by author: String) {
        var lines = ""
        for change in edit.changes {
            var line = JSONObject()
            switch change {
            case .caption(let id, _, let text?):
                line["clip"] = .string(state.records[id].entry.mediaPath)
                line["text"] = .string(Self.mark(text))
                line["by"] = .string(author)
            case .rename(_, let old, let new):
                guard loaded()[old] != nil else { continue }
                (line["clip"], line["was"]) = (.string(new), .string(old))
            default: continue
            }
            lines += JSON.object(line).text() + "\n"
            if records != nil { apply(line) }
        }
        if !lines.isEmpty { try? Files.append(lines, to: path) }
    }

    private mutating func loaded() -> [String: Record] {
        if let records { return records }
        records = [:]
        for line in ((try? Files.text(path)) ?? "").split(separator: "\n") {
            // The last line of a process that was killed may be torn.
            if let object = (try? JSON(parsing: String(line)))?.object { apply(object) }
        }
        return records ?? [:]
    }
    private mutating func apply(_ line: JSONObject) {
        guard let clip = line["clip"]?.string else { return }
        if let old = line["was"]?.string {
            let record = records?.removeValue(forKey: old)
            records?[clip] = record
        } else if let text = line["text"]?.string, let author = line["by"]?.string {
            if author == Clip.person {
                records?[clip, default: Record()].person = text
            } else {
                records?[clip, default: Record()].machine = (text, author)
            }
        }
    }
    private static func mark(_ text: String) -> String { "\(text.utf8.count)-\(Checksum.text(Checksum.of(text.utf8)))" }
}

extension Clip {
    /// The author of what a person wrote.
    public static let person = "person"

    /// Who wrote the caption: `Clip.person`, the name of a model, or nil for one that came with the metadata.
    public var author: String? {
        store.guarded.withLock { guarded in
            let entry = guarded.state.records[id].entry
            return guarded.authors.author(of: entry.caption, at: entry.mediaPath)
        }
    }
    /// A view of its dataset with this clip alone.
    public var asDataset: Dataset { Dataset(store, [id]) }
    /// The column `tags` of the metadata.
    var tags: [String] {
        guard let tags = store.record(id).entry.columns["tags"] else { return [] }
        return tags.array?.compactMap(\.string) ?? tags.string.map { [$0] } ?? []
    }
    /// The trigger of its dataset.
    var trigger: String? { Dataset(store).trigger }

    /// Sets a caption that a model wrote. Throws as `setCaption` does, and `DatasetError.changed` when the caption is not
    /// `seen` any more.
    func setCaption(_ text: String, by author: String, from seen: String?) throws {
        try store.edit("caption of \(name)", by: author) { _ in
            seen.isIdentical(to: text) ? [] : [.caption(self.id, from: seen, to: text)]
        }
    }
}
