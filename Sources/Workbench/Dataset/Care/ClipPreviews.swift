import Base
import Glibc
import Media

/// Small videos that every browser plays, of clips that it does not: h264 of 8 bits with halved colour. Made when they are first
/// asked for, and kept as long as the clip is the same file.
struct ClipPreviews {
    /// Where they are; made with the first.
    let folder: String
    /// The most pixels of a side: a page shows half of that.
    private static let side = 640

    /// The preview of a clip. Throws `MediaError`, `FileError` or `Cancelled`.
    func path(of file: VideoFile, as name: String, _ monitor: Monitor) throws -> String {
        let clip = Fingerprints.hash(name), made = Fingerprints.hash(try FileIdentity(file.path).text)
        let path = Path.join(folder, "\(clip)-\(made).mp4")
        if Files.exists(path) { return path }
        try Files.makeFolder(folder)
        let scale = min(1, Double(Self.side) / Double(max(file.width, file.height)))
        var options = FrameReader.Options()
        options.width = max(1, Int((Double(file.width) * scale).rounded()))
        options.height = max(1, Int((Double(file.height) * scale).rounded()))
        let reader = try FrameReader(file, options)
        let writing = VideoWriter.Options(rate: file.averageRate, crf: 23, preset: "veryfast")
        try VideoWriter.write(to: path, writing) { writer in
            while let frame = try reader.next() {
                try monitor.checkpoint()
                try writer.append(frame)
            }
        }
        for other in try Files.list(folder) where other.hasPrefix("\(clip)-") && other != Path.name(path) {
            unlink(Path.join(folder, other))
        }
        return path
    }
}
