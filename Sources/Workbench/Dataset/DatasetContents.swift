import Base

/// What the disk says of a dataset now, whoever has it open: edits are in the journal there before they count.
struct DatasetContents: Sendable {
    /// The folder that media paths are relative to.
    let folder: String
    /// In the dataset's order.
    let entries: [MetadataEntry]
    /// The trigger that somebody has set, `""` for none; `nil` where nobody has.
    let setTrigger: String?
    /// What is taken otherwise: the project's name, or the word that every caption begins with.
    let usualTrigger: String?

    /// `nil` when it cannot be read.
    init?(at metadata: String) {
        // A folder of captions in text files has no metadata file that could be opened.
        let folder = try? DatasetLocation(opening: Path.folder(metadata))
        let location = folder?.metadata == metadata ? folder : try? DatasetLocation(opening: metadata)
        guard let location, let state = try? DatasetLoader(location: location).load().state else { return nil }
        self.init(state, folder: location.folder, project: location.project)
    }
    init(_ state: DatasetState, folder: String, project: String?) {
        self.folder = folder
        entries = state.order.map { state.records[$0].entry }
        setTrigger = state.trigger
        usualTrigger = project ?? Trigger.recognised(in: entries.lazy.compactMap(\.caption))
    }
}
