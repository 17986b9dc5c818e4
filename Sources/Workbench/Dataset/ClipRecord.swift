import Foundations

/// A clip as the dataset holds it in memory.
struct ClipRecord: Sendable, Equatable {
    /// Its place in `DatasetState.records`, for as long as the dataset is open.
    let id: Int
    /// Names the clip in the journal: its media path, told apart where a file lists a path twice.
    let key: String
    var entry: MetadataEntry
    /// The metadata file has it, or is to have it.
    var isListed: Bool
}
