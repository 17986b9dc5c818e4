/// A dataset as a consumer works on it, taken by `Dataset.snapshot()`: the metadata file holds exactly this.
///
///     let data = try dataset.snapshot()
///     for clip in data.clips where !clip.isExcluded {
///         encode(clip.path, clip.trainingCaption(trigger: data.trigger))
///     }
public struct DatasetSnapshot: Sendable, Equatable {
    /// The folder that media paths are relative to; `.precomputed` goes here.
    public let folder: String
    /// The metadata file, absolute.
    public let metadataPath: String
    /// The trigger word, `nil` for none.
    public let trigger: String?
    /// In the dataset's order, excluded clips included.
    public let clips: [ClipSnapshot]
    /// What records of other files know the dataset by: the metadata file, or for captions in text files a name in their
    /// folder that is never written.
    let metadata: String
    /// All that the dataset has, also where `clips` are those of a view.
    let entries: [MetadataEntry]
}

/// A clip as a consumer works on it: plain values, safe on any thread.
public struct ClipSnapshot: Sendable, Equatable {
    /// The media file, absolute.
    public let path: String
    /// Relative to the dataset's folder; outputs mirror it.
    public let mediaPath: String
    /// As the metadata has it, without the trigger.
    public let caption: String?
    /// The paired reference file, absolute.
    public let reference: String?
    /// To be left out.
    public let isExcluded: Bool
    /// Told from the extension.
    public let isImage: Bool

    /// The text to encode: the caption with the trigger before it, once. `nil` without a caption.
    public func trainingCaption(trigger: String?) -> String? { caption.map { Trigger.apply(trigger, to: $0) } }
}
