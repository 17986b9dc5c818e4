import Base
import Media

/// Videos that the models make, as files.
enum VideoOutput {
    /// An h264 mp4 at `fps`, or a still when there is one frame and the name asks for a picture (png, jpg).
    static func write(_ frames: [Frame], fps: Double, to path: String) throws {
        try check(path, frames: frames.count)
        try Files.makeFolder(Path.folder(path))
        if let first = frames.first, frames.count == 1, ["png", "jpg", "jpeg"].contains(Path.fileExtension(path)) {
            return try StillImage.write(first, to: path)
        }
        try VideoWriter.write(frames, to: path, VideoWriter.Options(rate: Rational(approximating: fps)))
    }

    /// Throws for a name that says another kind of file than is written: many frames are an mp4 and no picture.
    static func check(_ path: String, frames: Int) throws {
        let kind = Path.fileExtension(path)
        guard frames > 1, !kind.isEmpty, !["mp4", "m4v", "mov"].contains(kind) else { return }
        throw MediaError.option(
            name: "output", value: "'\(path)'",
            allowed: "an .mp4: there are \(frames) frames, and a .\(kind) of them is not written")
    }
}
