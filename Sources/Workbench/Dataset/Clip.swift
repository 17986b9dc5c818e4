import Base

/// One video or image of a dataset with its caption. A handle: the dataset has the data.
///
/// Two handles are equal when they mean the same clip of the same open dataset. Safe from any thread.
public final class Clip: Sendable, Equatable {
    let store: DatasetStore
    let id: Int

    init(_ store: DatasetStore, _ id: Int) { (self.store, self.id) = (store, id) }

    /// The same clip of the same open dataset.
    public static func == (a: Clip, b: Clip) -> Bool { a.store === b.store && a.id == b.id }

    private var entry: MetadataEntry { store.record(id).entry }
    /// As it is on the disk now: what is asked for by name has been seen.
    private var shown: MetadataEntry {
        store.look(at: .clip(id))
        return entry
    }

    // MARK: What it is

    /// The media file, absolute.
    public var path: String { Path.join(store.location.folder, mediaPath) }
    /// As the metadata file names it: relative to that file's folder.
    public var mediaPath: String { entry.mediaPath }
    /// The path as the metadata file spells it.
    var writtenPath: String { entry.writtenPath }
    /// The file's name.
    public var name: String { Path.name(mediaPath) }
    /// Told from the extension.
    public var isImage: Bool { MediaKind(mediaPath) == .image }
    /// Bytes of the media file; `nil` when it is missing.
    public var bytes: Int? { isInside ? Files.size(path) : nil }
    /// False for a path that leaves the dataset's folder; such a file is never opened.
    public var isInside: Bool { Path.staysInside(mediaPath) }
    /// The caption has something to read in it.
    public var isCaptioned: Bool { shown.isCaptioned }

    /// Why there is no caption though there is a text file for one; `nil` where nothing is wrong.
    public var captionProblem: String? {
        guard store.layout.format == .sidecars, !isCaptioned else { return nil }
        do {
            _ = try Sidecars.read(mediaPath, in: store.location.folder)
            return nil
        } catch { return "the caption cannot be read: \(error)" }
    }

    // MARK: What can be edited

    /// The caption as the metadata has it, `nil` for none.
    public var caption: String? { shown.caption }
    /// The paired reference of IC-LoRA, relative to the metadata file's folder.
    public var reference: String? { shown.reference }
    /// Where it is.
    public var referencePath: String? { reference.map { Path.join(store.location.folder, $0) } }
    /// Stays in the dataset, but preprocessing leaves it out.
    public var isExcluded: Bool { shown.excluded }

    /// Sets or removes the caption; on the disk when it returns.
    ///
    /// Throws `DatasetError` when another process edits the dataset, the format cannot hold the text or it has a control
    /// character, `JournalError` when the disk fails. Nothing has changed then.
    public func setCaption(_ text: String?) throws {
        let name = name
        try store.edit("caption of \(name)") { state in
            let old = state.records[self.id].entry.caption
            if let text { try CaptionCharacters.check(text, of: "'\(name)'", from: old) }
            return old.isIdentical(to: text) ? [] : [.caption(self.id, from: old, to: text)]
        }
    }
    /// Lets a person edit the caption; an empty text means none. Returns whether it changed. Throws what `edit` throws, and as
    /// `setCaption`.
    public func editCaption(with edit: (_ text: String) throws -> String) throws -> Bool {
        try store.claim()  // not after all that typing
        let old = caption
        let new = try edit(old ?? "")
        if (old ?? "").isIdentical(to: new) { return false }
        try setCaption(new.isEmpty ? nil : new)
        return true
    }
    /// Sets or removes the reference. Throws as `setCaption` does, and for a path that leaves the dataset's folder.
    public func setReference(_ path: String?) throws {
        let path = try path.map { try store.inside($0) }
        try store.edit("reference of \(name)") { state in
            let old = state.records[self.id].entry.reference
            return old.isIdentical(to: path) ? [] : [.reference(self.id, from: old, to: path)]
        }
    }
    /// Leaves the clip out of preprocessing, or takes it in again. Throws as `setCaption` does.
    public func setExcluded(_ flag: Bool) throws {
        try store.edit("excluded of \(name)") { state in
            let old = state.records[self.id].entry.excluded
            return old == flag ? [] : [.excluded(self.id, from: old, to: flag)]
        }
    }
}

extension Clip: CustomStringConvertible {
    /// `"boat.mp4: A boat on a lake."`.
    public var description: String { caption.map { "\(name): \($0)" } ?? "\(name) (no caption)" }
}
