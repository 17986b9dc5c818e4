import Foundations

/// A clip as the dataset holds it in memory.
struct ClipRecord: Sendable, Equatable {
    /// Its place in `DatasetState.records`, for as long as the dataset is open.
    let id: Int
    var entry: MetadataEntry
    /// The metadata file has it, or is to have it.
    var isListed: Bool
}
