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
    /// How the file spells the path, where that is not `mediaPath`.
    var spelling: Spelling?

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
    /// Another spelling of a path, kept so that the file is written back as it was found.
    struct Spelling: Sendable, Equatable {
        let of: String, written: String
    }
    /// The path as it is to be written: as it was found, unless the clip is called otherwise by now.
    var writtenPath: String { spelling.flatMap { $0.of.isIdentical(to: mediaPath) ? $0.written : nil } ?? mediaPath }
    /// The caption has something to read in it.
    var isCaptioned: Bool { caption?.contains { !$0.isWhitespace } ?? false }
    /// Nobody has said anything of the clip.
    var isBlank: Bool { (caption ?? "").isEmpty && reference == nil && !excluded }
}
