import Base

/// One change of a dataset with what is needed to take it back.
enum Change: Sendable, Equatable {
    case caption(Int, from: String?, to: String?)
    case reference(Int, from: String?, to: String?)
    case excluded(Int, from: Bool, to: Bool)
    case trigger(from: String?, to: String?)
    /// The media file gets another name; the store renames it on the disk too.
    case rename(Int, from: String, to: String)
    /// The record `id` comes into, or leaves, the order at a place.
    case insert(Int, at: Int)
    case remove(Int, at: Int)

    var inverse: Change {
        switch self {
        case .caption(let id, let old, let new): .caption(id, from: new, to: old)
        case .reference(let id, let old, let new): .reference(id, from: new, to: old)
        case .excluded(let id, let old, let new): .excluded(id, from: new, to: old)
        case .trigger(let old, let new): .trigger(from: new, to: old)
        case .rename(let id, let old, let new): .rename(id, from: new, to: old)
        case .insert(let id, let place): .remove(id, at: place)
        case .remove(let id, let place): .insert(id, at: place)
        }
    }

    /// The clip's id; `nil` for the dataset's own.
    var clip: Int? {
        switch self {
        case .caption(let id, _, _), .reference(let id, _, _), .excluded(let id, _, _), .rename(let id, _, _),
            .insert(let id, _), .remove(let id, _):
            id
        case .trigger: nil
        }
    }

    /// Clips come, go or change their path: what they are called in the journal depends on it.
    var movesClips: Bool {
        switch self {
        case .insert, .remove, .rename: true
        case .caption, .reference, .excluded, .trigger: false
        }
    }
}

/// What one command changed: undone and redone as one.
struct Edit: Sendable {
    /// For the person who undoes it: `"replace (12 captions)"`.
    let title: String
    let changes: [Change]
    /// Edits of one input line are one step; 0 for one that stands alone.
    var group = 0
    /// A new cut, which is no change of the metadata alone.
    var recut: Recut?

    var inverse: Edit { Edit(title: title, changes: changes.reversed().map(\.inverse), group: group, recut: recut) }
    /// The title, and how many clips it was about or what there is now.
    var summary: String {
        if changes.count > 1 { return "\(title) (\(changes.count) changes)" }
        guard case .caption(_, _, let text) = changes.first else { return title }
        return title + " (now \(text.map { "'\($0.prefix(60))\($0.count > 60 ? "…" : "")'" } ?? "none"))"
    }
}

/// A clip as the dataset holds it in memory.
struct ClipRecord: Sendable, Equatable {
    /// Its place in `DatasetState.records`, for as long as the dataset is open.
    let id: Int
    var entry: MetadataEntry
    /// The metadata file has it, or is to have it.
    var isListed: Bool
}
