import Base

/// The hidden files beside a metadata file.
struct DatasetFiles: Sendable {
    /// The metadata file.
    let metadata: String

    var folder: String { Path.folder(metadata) }
    /// Edits that the metadata file does not have yet.
    var journal: String { hidden("journal") }
    /// Who edits the dataset now.
    var lock: String { hidden("lock") }
    /// What the metadata's format has no place for.
    var extras: String { hidden("extra.json") }

    private func hidden(_ what: String) -> String { Path.join(folder, ".\(Path.name(metadata)).\(what)") }
}
