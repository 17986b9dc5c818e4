import Base
import Media

// MARK: Pictures of the whole

extension Dataset {
    /// Writes the contact sheet as .png or .jpg by the name and returns where it is; its folder is made. Throws what
    /// drawing it throws, and `FileError`.
    @discardableResult
    public func contactSheet(
        to path: String, columns: Int = 5, frames: Int = 1, strict: Bool = false, monitor: Monitor = Monitor()
    ) throws -> String {
        _ = try StillImage(forPath: path)
        let path = try Written.path(path)
        try StillImage.write(
            contactSheet(columns: columns, frames: frames, strict: strict, monitor: monitor), to: path)
        monitor.note("\(counted(count, "clip")) in '\(path)'")
        return path
    }
    /// One picture with every clip: frames of it, its place, name and caption.
    ///
    /// - Parameters:
    ///   - frames: how many of each clip, evenly spread.
    ///   - strict: a clip that cannot be read is an error.
    ///
    /// A clip that cannot be read is an empty place, and a note says why. Throws `DatasetError.empty`, the reason where no
    /// clip can be read, or `Cancelled`.
    public func contactSheet(
        columns: Int = 5, frames: Int = 1, strict: Bool = false, monitor: Monitor = Monitor()
    ) throws -> Frame {
        let clips = clips, names = labels
        guard !clips.isEmpty else { throw DatasetError.empty(folder, folders: []) }
        let readable = Set(try readable(strict: strict, monitor).map(\.clip.id))
        var cells: [ContactSheet.Cell] = []
        for (index, clip) in clips.enumerated() {
            try monitor.checkpoint()
            let name = names[clip.mediaPath] ?? clip.name
            monitor.report(Progress("drawing", index, of: clips.count, "clips", [("clip", name)]))
            var labels = ["\(index + 1) \(name)", clip.caption ?? "(no caption)"], pictures: [Frame] = []
            do {
                if readable.contains(clip.id) { pictures = try clip.media().stills(frames, width: 240, height: 160) }
            } catch {
                if strict { throw error }
                monitor.note("\(error); left out")
            }
            if pictures.isEmpty { labels[1] = "cannot be read" }
            if pictures.isEmpty { pictures = [Picture(width: 240, height: 160, .grey).frame] }
            cells.append(ContactSheet.Cell(pictures, labels: labels))
        }
        monitor.report(Progress("drawing", clips.count, of: clips.count, "clips"))
        return ContactSheet.draw(cells, columns: columns).frame
    }
}

extension Clip {
    /// The picture at a time, or of a number counted from 0. Throws `MediaError`.
    public func frame(at place: VideoTime) throws -> Frame { try media().frame(at: place) }
}

extension Frame {
    /// Writes it as .png or .jpg and returns where it is; its folder is made. Throws `MediaError` or `FileError`.
    @discardableResult
    public func save(to path: String) throws -> String {
        _ = try StillImage(forPath: path)
        let path = try Written.path(path)
        try StillImage.write(self, to: path)
        return path
    }
}

/// Files that somebody asked for by name.
enum Written {
    /// Where a file will be, absolute, its folder made. Throws `FileError`.
    static func path(_ given: String) throws -> String {
        let path = Path.absolute(given)
        try Files.makeFolder(Path.folder(path))
        return path
    }
}
