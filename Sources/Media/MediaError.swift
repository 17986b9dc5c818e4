import Base

/// What is wrong with a media file or with what was asked of it.
public enum MediaError: UserError {
    /// Not a file that can be read as video or image; the reason is a clause.
    case unreadable(path: String, reason: String)
    /// A media file without pictures, such as a sound track.
    case noVideo(path: String)
    /// Pictures larger than can be worked with.
    case tooLarge(path: String, width: Int, height: Int)
    /// The pictures are encrypted, as rented films are.
    case encrypted(path: String)
    /// The file opened but its pictures do not decode from `time` (seconds) on.
    case damaged(path: String, time: Double, reason: String)
    /// The file could not be written.
    case unwritable(path: String, reason: String)
    /// A capability that these libraries or this format do not have.
    case unsupported(path: String?, what: String)
    /// An option out of its range.
    case option(name: String, value: String, allowed: String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .unreadable: "media.unreadable"
        case .noVideo: "media.no_video"
        case .tooLarge: "media.too_large"
        case .encrypted: "media.encrypted"
        case .damaged: "media.damaged"
        case .unwritable: "media.unwritable"
        case .unsupported: "media.unsupported"
        case .option: "media.option"
        }
    }
    /// It is about one media file, and another one may well do.
    public var isOfItsFile: Bool {
        switch self {
        case .unreadable, .noVideo, .tooLarge, .encrypted, .damaged: true
        case .unsupported(let path, _): path != nil
        case .unwritable, .option: false
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .unreadable(let path, _), .noVideo(let path), .tooLarge(let path, _, _), .encrypted(let path),
            .damaged(let path, _, _), .unwritable(let path, _):
            path
        case .unsupported(let path, _): path
        case .option: nil
        }
    }
    /// See `UserError`.
    public var key: String? { if case .option(let name, _, _) = self { name } else { nil } }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "'\(path)' cannot be read as a video or image: \(reason)"
        case .noVideo(let path): "'\(path)' has no pictures, only sound or data; give a video or an image"
        case .tooLarge(let path, let width, let height):
            "'\(path)' says its pictures are \(width)x\(height), more than can be decoded here; scale it down first"
        case .encrypted(let path):
            "'\(path)' is encrypted: without its key the pictures cannot be read; give a copy without protection"
        case .damaged(let path, let time, let reason):
            "'\(path)' is damaged: nothing decodes from \(Timecode.text(time)) on (\(reason)); re-encode or leave it out"
        case .unwritable(let path, let reason): "cannot write '\(path)': \(reason)"
        case .unsupported(let path, let what): "\(path.map { "'\($0)': " } ?? "")\(what)"
        case .option(let name, let value, let allowed): "'\(name)' must be \(allowed), got \(value)"
        }
    }
}
