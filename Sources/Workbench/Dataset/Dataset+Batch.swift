import Foundations
import Glibc
import Media

// MARK: Batch media tools

extension Dataset {
    /// Runs over the clips that can be read, with progress; a clip that cannot is a note.
    private func each(
        _ stage: String, _ monitor: Monitor, _ body: (Clip, VideoFile) throws -> Void
    ) throws {
        let clips = clips
        for (index, clip) in clips.enumerated() {
            try monitor.checkpoint()
            monitor.report(Progress(stage, index, of: clips.count, "clips", [("clip", clip.name)]))
            let file: VideoFile
            do { file = try clip.media() } catch {
                monitor.note("\(error); left out")
                continue
            }
            try body(clip, file)
        }
        monitor.report(Progress(stage, clips.count, of: clips.count, "clips"))
    }

    /// Every clip scaled to cover a size and cropped in the middle, at `<output>/<media path>`, captions alongside.
    ///
    /// Returns the dataset of the results. Files that are there and newer than their source are kept. Throws
    /// `DatasetError.option`, `MediaError`, `FileError` or `Cancelled`; finished files stay.
    public func resize(width: Int, height: Int, output: String, monitor: Monitor = Monitor()) throws -> Dataset {
        guard width >= 2, height >= 2, width % 2 == 0, height % 2 == 0 else {
            throw DatasetError.option("size", reason: "must have even sides, as h264 needs, got \(width)x\(height)")
        }
        let target = try outputFolder(output)
        var captions: [String: String] = [:], kept = 0
        try each("resizing", monitor) { clip, file in
            let path = outputPath(clip, in: target, isImage: file.isImage)
            captions[Path.relative(path, to: target)] = clip.caption
            if Self.isUpToDate(path, clip.path) {
                kept += 1
                return
            }
            // Cover: the shorter side fits, the longer one is cut at both ends.
            let scale = max(Double(width) / Double(file.width), Double(height) / Double(file.height))
            let size = (
                max(width, Int((Double(file.width) * scale).rounded())),
                max(height, Int((Double(file.height) * scale).rounded()))
            )
            try transform(file, to: path, size: size, monitor) { $0.cropped(width: width, height: height) }
        }
        if kept > 0 { monitor.note("\(kept) clips were resized before") }
        return try collected(target, captions, monitor)
    }

    /// Frames of every clip as pictures `<output>/<stem>/frame_0001.png`; every `step`th one.
    /// Returns how many there are.
    ///
    /// Throws `DatasetError.option`, `MediaError`, `FileError` or `Cancelled`; finished files stay.
    @discardableResult
    public func extractFrames(output: String, every step: Int = 1, monitor: Monitor = Monitor()) throws -> Int {
        guard step >= 1 else { throw DatasetError.option("every", reason: "must be 1 or more, got \(step)") }
        let target = try outputFolder(output)
        var count = 0
        try each("extracting", monitor) { clip, file in
            let folder = Path.join(target, Path.stem(clip.name))
            try Files.makeFolder(folder)
            var options = FrameReader.Options()
            options.every = step
            let reader = try FrameReader(file, options)
            var number = 0
            while let frame = try reader.next() {
                try monitor.checkpoint()
                number += 1
                let digits = String(number), zeros = String(repeating: "0", count: max(0, 4 - digits.count))
                try StillImage.write(frame, to: Path.join(folder, "frame_\(zeros)\(digits).png"))
            }
            count += number
        }
        return count
    }

    /// Makes the paired reference of every clip by changing each frame, and notes it as the clip's `reference`.
    ///
    /// - Parameters:
    ///   - output: a folder inside the dataset's; `nil` puts `<stem>_reference.mp4` beside each clip, as upstream does.
    ///   - change: frame to frame; `nil` is Canny with upstream's thresholds.
    ///
    /// References that are newer than their clip are kept. Returns how many were made. Throws `DatasetError.option`,
    /// `MediaError`, `FileError`, what `change` throws, or `Cancelled`; finished files stay.
    @discardableResult
    public func makeReferences(
        output: String? = nil, force: Bool = false, monitor: Monitor = Monitor(),
        _ change: ((Frame) throws -> Frame)? = nil
    ) throws -> Int {
        if let output, !Path.staysInside(Path.relative(Path.absolute(output), to: folder)) {
            throw DatasetError.option(
                "output", reason: "must be inside the dataset's folder, such as '\(Path.join(folder, "references"))'")
        }
        let target = try output.map { try outputFolder($0) } ?? folder
        var made = 0, kept = 0
        try each("making references", monitor) { clip, file in
            let stem = Path.stem(clip.name) + "_reference" + (file.isImage ? ".png" : ".mp4")
            let parent = output == nil ? Path.folder(clip.path) : target
            let path = Path.join(parent, stem)
            // A reference is no clip of its own.
            guard !Path.stem(clip.name).hasSuffix("_reference") else { return }
            if force || !Self.isUpToDate(path, clip.path) {
                try transform(file, to: path, size: nil, monitor) { try change?($0) ?? $0.edges() }
                made += 1
            } else {
                kept += 1
            }
            try clip.setReference(path)
        }
        if kept > 0 { monitor.note("\(kept) references were made before (force=true makes them again)") }
        return made
    }

    // MARK: Parts

    private func outputFolder(_ output: String) throws -> String {
        let path = Path.absolute(output)
        guard path != folder else {
            throw DatasetError.option("output", reason: "must be another folder than the dataset's own")
        }
        try Files.makeFolder(path)
        return path
    }
    private func outputPath(_ clip: Clip, in folder: String, isImage: Bool) -> String {
        Path.join(folder, Path.stem(clip.name) + (isImage ? ".png" : ".mp4"))
    }
    private static func isUpToDate(_ path: String, _ source: String) -> Bool {
        var made = stat(), from = stat()
        guard stat(path, &made) == 0, stat(source, &from) == 0 else { return false }
        return (made.st_mtim.tv_sec, made.st_mtim.tv_nsec) >= (from.st_mtim.tv_sec, from.st_mtim.tv_nsec)
    }
    /// The file with every frame changed, at its own frame rate, h264 crf 18.
    private func transform(
        _ file: VideoFile, to path: String, size: (Int, Int)?, _ monitor: Monitor, _ change: (Frame) throws -> Frame
    ) throws {
        try Files.makeFolder(Path.folder(path))
        if file.isImage {
            try StillImage.write(try change(try file.frame(at: 0, width: size?.0, height: size?.1)), to: path)
            return
        }
        var options = FrameReader.Options()
        (options.width, options.height) = (size?.0, size?.1)
        let reader = try FrameReader(file, options)
        try VideoWriter.write(to: path, VideoWriter.Options(rate: file.averageRate)) { writer in
            while let frame = try reader.next() {
                try monitor.checkpoint()
                try writer.append(try change(frame))
            }
        }
    }
    /// The dataset of a folder of results, with captions where it has none yet.
    private func collected(_ folder: String, _ captions: [String: String], _ monitor: Monitor) throws -> Dataset {
        let dataset = try Dataset.open(folder, monitor: monitor)
        let missing = dataset.entries.compactMap { id, entry in
            entry.isCaptioned ? nil : captions[entry.mediaPath].map { (id, from: entry.caption, to: $0) }
        }
        _ = try dataset.setCaptions("captions of the originals", missing)
        try dataset.store.write()
        return dataset
    }
}

extension Frame {
    /// The middle of the frame.
    fileprivate func cropped(width: Int, height: Int) -> Frame {
        if (width, height) == (self.width, self.height) { return self }
        let left = (self.width - width) / 2, top = (self.height - height) / 2
        var out: [UInt8] = []
        out.reserveCapacity(width * height * channels)
        for row in top..<(top + height) {
            let start = (row * self.width + left) * channels
            out += pixels[start..<(start + width * channels)]
        }
        return Frame(width: width, height: height, channels: channels, pixels: out, time: time, index: index)
    }
}
