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

    /// A new file of a format, with the usual names.
    public init(_ format: MetadataFormat) { self.format = format }

    static let mediaColumns = [
        "media_path", "video_path", "file_name", "video", "image_path", "image", "file", "filename", "path",
    ]
    static let captionColumns = ["caption", "captions", "text", "prompt", "description"]
    static let referenceColumns = ["reference_path", "reference_video", "reference", "control_path"]
    static let excludedColumn = "excluded"

    /// Finds the columns by their usual names. False when there is none for the media.
    mutating func adopt(columns: [String]) -> Bool {
        guard let media = Self.mediaColumns.first(where: columns.contains) else { return false }
        mediaColumn = media
        captionColumn = Self.captionColumns.first(where: columns.contains) ?? captionColumn
        referenceColumn = Self.referenceColumns.first(where: columns.contains) ?? referenceColumn
        return true
    }
}
