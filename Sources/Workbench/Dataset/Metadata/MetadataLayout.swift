/// A format with what is particular to one file, kept so that it is written back as it was found.
public struct MetadataLayout: Sendable, Equatable {
    /// What kind of file it is.
    public var format: MetadataFormat
    /// Names of the columns that hold the media's path, the caption and the reference.
    public var mediaColumn = "media_path", captionColumn = "caption", referenceColumn = "reference_path"
    /// The header of a CSV file, in its order.
    public var header: [String] = []
    /// The file begins with a byte order mark.
    public var hasMark = false
    /// Lines end in CR LF.
    public var hasReturns = false

    /// What columns there are instead of one with captions.
    var strangeColumns: [String] = []

    /// A new file of a format, with the usual names.
    public init(_ format: MetadataFormat) { self.format = format }

    static let mediaColumns = [
        "media_path", "video_path", "file_name", "file_path", "video", "image_path", "image", "file", "filename",
        "filepath", "video_file", "clip_path", "clip", "path",
    ]
    static let captionColumns = [
        "caption", "captions", "text", "prompt", "cap", "description", "prompts", "txt",
    ]
    static let referenceColumns = ["reference_path", "reference_video", "reference", "control_path"]
    static let excludedColumn = "excluded"

    /// Finds the columns by their usual names. False when there is none for the media.
    mutating func adopt(columns: [String]) -> Bool {
        guard let media = Self.mediaColumns.first(where: columns.contains) else { return false }
        mediaColumn = media
        captionColumn = Self.captionColumns.first(where: columns.contains) ?? captionColumn
        let own = [mediaColumn, referenceColumn, Self.excludedColumn]
        if !columns.contains(captionColumn) { strangeColumns = columns.filter { !own.contains($0) } }
        referenceColumn = Self.referenceColumns.first(where: columns.contains) ?? referenceColumn
        return true
    }
}
