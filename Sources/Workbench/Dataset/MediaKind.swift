import Base

/// What a file is by its extension.
public enum MediaKind: String, Sendable {
    case video, image

    private static let videos: Set<String> = [
        "mp4", "avi", "mov", "mkv", "webm", "m4v", "mpg", "mpeg", "ts", "m2ts", "mts", "wmv", "flv", "ogv", "gif",
        "3gp",
        "3g2", "vob", "mxf",
    ]
    private static let images: Set<String> = ["jpg", "jpeg", "png", "webp", "bmp"]

    /// `nil` for anything that is not media.
    public init?(_ path: String) {
        let name = Path.fileExtension(path)
        if Self.videos.contains(name) {
            self = .video
        } else if Self.images.contains(name) {
            self = .image
        } else {
            return nil
        }
    }
}
