import Base

/// One line of a metadata file.
public struct MetadataEntry: Sendable, Equatable {
    /// As the file has it: relative to the file's folder.
    public var mediaPath: String
    /// `nil` where the file has none.
    public var caption: String?
    /// The paired reference video or image of IC-LoRA, relative as `mediaPath` is.
    public var reference: String?
    /// Kept in the list but left out of preprocessing.
    public var excluded = false
    /// Every column of the entry in the file's order, also those that mean nothing here, so that they survive.
    public var columns = JSONObject()

    /// An entry of these fields.
    public init(
        mediaPath: String, caption: String? = nil, reference: String? = nil, excluded: Bool = false,
        columns: JSONObject = JSONObject()
    ) {
        (self.mediaPath, self.caption, self.reference) = (mediaPath, caption, reference)
        (self.excluded, self.columns) = (excluded, columns)
    }
}

extension MetadataEntry {
    /// The caption has something to read in it.
    var isCaptioned: Bool { caption?.contains { !$0.isWhitespace } ?? false }
    /// Nobody has said anything of the clip.
    var isBlank: Bool { (caption ?? "").isEmpty && reference == nil && !excluded }
}
