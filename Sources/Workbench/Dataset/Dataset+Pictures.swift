import Foundations
import Media

// MARK: Pictures of the whole

extension Dataset {
    /// Writes one picture (.png or .jpg by the name) with every clip: frames of it, its place, name and caption.
    ///
    /// - Parameter frames: how many of each clip, evenly spread.
    ///
    /// A clip that cannot be read is an empty place with the reason. Throws `MediaError`, `FileError` or `Cancelled`.
    public func contactSheet(
        to path: String, columns: Int = 5, frames: Int = 1, monitor: Monitor = Monitor()
    ) throws {
        _ = try StillImage(forPath: path)
        let clips = clips
        guard !clips.isEmpty else { throw DatasetError.empty(folder, folders: []) }
        var cells: [ContactSheet.Cell] = []
        for (index, clip) in clips.enumerated() {
            try monitor.checkpoint()
            monitor.report(Progress("drawing", index, of: clips.count, "clips"))
            var labels = ["\(index + 1) \(clip.name)", clip.caption ?? "(no caption)"], pictures: [Frame] = []
            do { pictures = try clip.stills(frames, width: 240, height: 160) } catch {
                labels[1] = "cannot be read"
                monitor.note("\(error)")
            }
            if pictures.isEmpty { pictures = [Picture(width: 240, height: 160, .grey).frame] }
            cells.append(ContactSheet.Cell(pictures, labels: labels))
        }
        let sheet = ContactSheet.draw(cells, columns: columns)
        try StillImage.write(sheet.frame, to: path)
        monitor.report(Progress("drawing", clips.count, of: clips.count, "clips"))
    }
}

extension Clip {
    /// Pictures evenly spread over the clip, each fitted into a box.
    func stills(_ count: Int, width: Int, height: Int) throws -> [Frame] {
        let file = try media()
        let scale = min(1, Double(width) / Double(file.width), Double(height) / Double(file.height))
        let size = (max(1, Int(Double(file.width) * scale)), max(1, Int(Double(file.height) * scale)))
        return try (0..<(file.isImage ? 1 : max(1, count))).map { place in
            let time = file.duration * (Double(place) + 0.5) / Double(max(1, count))
            return try file.frame(at: time, width: size.0, height: size.1)
        }
    }
    /// Writes the picture at a time in seconds as .png or .jpg. Throws `MediaError` or `FileError`.
    public func writeFrame(at seconds: Double, to path: String) throws {
        try StillImage.write(try frame(at: seconds), to: path)
    }
}
