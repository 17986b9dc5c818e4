import Base
import Media

/// Videos that the models make, as files.
enum VideoOutput {
    /// An h264 mp4 at `fps`, or a still when there is one frame and the name asks for a picture (png, jpg).
    static func write(_ frames: [Frame], fps: Double, to path: String) throws {
        try Files.makeFolder(Path.folder(path))
        if let first = frames.first, frames.count == 1, ["png", "jpg", "jpeg"].contains(Path.fileExtension(path)) {
            return try StillImage.write(first, to: path)
        }
        try VideoWriter.write(frames, to: path, VideoWriter.Options(rate: Rational(approximating: fps)))
    }
}
