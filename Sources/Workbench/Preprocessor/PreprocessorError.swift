import Base

/// A dataset that cannot be preprocessed as it is.
public enum PreprocessorError: UserError {
    case noClips(String)
    case noCaption(String, [String])
    case sameName(String, [String])
    case listedTwice(String, String)
    case outside(String, String)
    case tooShort(clip: String, frames: Int, wanted: VideoSize)
    case busy(String, by: String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .noClips: "preprocess.empty"
        case .noCaption: "preprocess.no_caption"
        case .sameName: "preprocess.same_name"
        case .listedTwice: "preprocess.listed_twice"
        case .outside: "preprocess.outside"
        case .tooShort: "preprocess.short"
        case .busy: "preprocess.busy"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .noClips(let path), .noCaption(let path, _), .sameName(let path, _), .listedTwice(let path, _),
            .outside(let path, _), .busy(let path, _):
            path
        case .tooShort: nil
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .noClips(let path): "'\(path)' has no clips to preprocess"
        case .noCaption(let path, let clips):
            "'\(path)': \(counted(clips.count, "clip has", "clips have")) no caption "
                + "(\(clips.prefix(3).map { "'\($0)'" }.joined(separator: ", "))\(clips.count > 3 ? ", …" : "")); "
                + "write them (ds[i].caption = \"…\"), leave the clips out (ds[i].excluded = true), or take them as they are "
                + "(uncaptioned = true)"
        case .sameName(let path, let pairs):
            "'\(path)': \(pairs.joined(separator: ", ")) differ only in their extension and would be written to one file; "
                + "ds:fix{ names = true } renames one of each"
        case .listedTwice(let path, let clip):
            "'\(path)': '\(clip)' is listed twice; ds:fix{ duplicates = true } keeps the last"
        case .tooShort(let clip, let frames, let wanted):
            "no clip has \(counted(wanted.frames, "frame")); the longest, '\(clip)', has \(frames): "
                + "\"\(wanted.width)x\(wanted.height)x\((max(frames, 1) - 1) / 8 * 8 + 1)\" would take it"
        case .busy(let folder, let holder):
            "'\(folder)' is being written by \(holder); wait for it, or give another output"
        case .outside(let path, let clip): "'\(path)': '\(clip)' lies outside the dataset's folder; move it in"
        }
    }
}
