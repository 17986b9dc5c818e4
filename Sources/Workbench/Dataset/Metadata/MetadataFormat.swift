import Base

/// How a dataset's captions are laid out on disk.
public enum MetadataFormat: String, Sendable, CaseIterable {
    /// `.json`: `[{"caption": …, "media_path": …}]`, what the reference trainer writes.
    case list
    /// `.json`: `{"clip.mp4": "caption"}`.
    case object
    /// `.jsonl`: one object a line.
    case lines
    /// `.csv` with a header.
    case csv
    /// `.txt`: `file|caption`, one clip a line.
    case piped
    /// `NAME_captions.txt` and `NAME_paths.txt` (or `caption.txt` and `media_path.txt`), paired by line.
    case paired
    /// `clip.txt` beside `clip.mp4`.
    case sidecars

    /// What a person calls it.
    public var title: String {
        switch self {
        case .list: "a JSON list"
        case .object: "a JSON object"
        case .lines: "JSON lines"
        case .csv: "CSV"
        case .piped: "'file|caption' lines"
        case .paired: "paired text files"
        case .sidecars: "a text file a clip"
        }
    }
    /// True where an entry can have columns besides path and caption.
    var hasColumns: Bool { self == .list || self == .lines || self == .csv }
    /// True where a caption is one line.
    var isOneLine: Bool { self == .piped || self == .paired }

    /// The format that a file's extension asks for when it is written anew. Throws `DatasetError.unknownFormat`.
    public static func asked(by path: String) throws -> MetadataFormat {
        switch Path.fileExtension(path) {
        case "json": .list
        case "jsonl": .lines
        case "csv": .csv
        case "txt": PairedText.partner(of: path) == nil ? .piped : .paired
        default: throw DatasetError.unknownFormat(path)
        }
    }
}
