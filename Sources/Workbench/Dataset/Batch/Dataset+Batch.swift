import Base
import Glibc
import Media

// MARK: Batch media tools

extension Dataset {
    /// Every clip scaled to cover a size and cropped in the middle, at `<output>/<media path>`, captions alongside.
    ///
    /// With `cropsBars` black bars are cut off first, as they were measured.
    /// A clip that cannot be read is left out and named; with `strict` it is an error. That holds for all of these tools.
    /// Returns the dataset of the results, a view where other clips lie in `output`. A result that was made before of the
    /// same file and at the same size is kept, unless `force`; captions follow the originals' where they were not edited
    /// there, and an edited one is set aside when its clip is another now. Results of clips that the dataset no longer has
    /// leave the list of `output`; their files stay. Throws `DatasetError.option`,
    /// `MediaError`, `FileError` or `Cancelled`; finished files stay.
    public func resize(
        width: Int, height: Int, output: String, cropsBars: Bool = false, force: Bool = false, strict: Bool = false,
        monitor: Monitor = Monitor()
    ) throws -> Dataset {
        guard width >= 2, height >= 2, width % 2 == 0, height % 2 == 0 else {
            throw DatasetError.option("size", reason: "must have even sides, as h264 needs, got \(width)x\(height)")
        }
        let batch = Batch(
            tool: .resize, dataset: self, folder: try outputFolder(output), force: force, isStrict: strict,
            monitor: monitor)
        let items = try batch.plan { clip, file in
            Path.withoutExtension(clip.mediaPath) + (file.isImage ? ".png" : ".mp4")
        }
        let options = "\(width)x\(height)" + (cropsBars ? " without bars" : "")
        var results = try batch.run(items, options) { item, path, _, monitor in
            let file = item.file
            let bars = cropsBars ? try Batch.reading { try item.clip.measures(monitor: monitor).picture } : nil
            let part = bars ?? PictureRegion(left: 0, top: 0, width: file.width, height: file.height)
            // Cover: the shorter side fits, the longer one is cut at both ends.
            let scale = max(Double(width) / Double(part.width), Double(height) / Double(part.height))
            func scaled(_ side: Int) -> Int { Int((Double(side) * scale).rounded()) }
            let size = (max(width, scaled(file.width)), max(height, scaled(file.height)))
            let region = PictureRegion(
                left: min(size.0 - width, scaled(part.left) + (max(width, scaled(part.width)) - width) / 2),
                top: min(size.1 - height, scaled(part.top) + (max(height, scaled(part.height)) - height) / 2),
                width: width, height: height)
            return try Self.transform(file, to: path, size: size, monitor) { $0.part(region) }
        }
        Self.note(results, ("clip was resized", "clips were resized"), monitor)
        let dataset = try Self.open(&results, in: batch.folder, store.open, monitor)
        let leftovers = BatchLeftovers(batch: batch, dataset: dataset)
        try leftovers.takeOut(results)
        try BatchCaptions(dataset: dataset, monitor: monitor).follow(results)
        return leftovers.view(of: results)
    }

    /// Frames of every clip as pictures `<output>/<media path without extension>/frame_0001.png`; every `step`th one.
    /// Returns how many there are.
    ///
    /// Pictures that were made before of the same file and with the same step are kept, unless `force`. Throws
    /// `DatasetError.option`, `MediaError`, `FileError` or `Cancelled`; the pictures of finished clips stay.
    @discardableResult
    public func extractFrames(
        output: String, every step: Int = 1, force: Bool = false, strict: Bool = false, monitor: Monitor = Monitor()
    ) throws -> Int {
        guard step >= 1 else { throw DatasetError.option("every", reason: "must be 1 or more, got \(step)") }
        let batch = Batch(
            tool: .frames, dataset: self, folder: try outputFolder(output), force: force, isStrict: strict,
            monitor: monitor)
        let items = try batch.plan { clip, _ in Path.withoutExtension(clip.mediaPath) }
        let results = try batch.run(items, "every \(step)") { item, path, record, monitor in
            try Self.extract(item.file, to: path, every: step, &record, monitor)
        }
        Self.note(results, ("clip was extracted", "clips were extracted"), monitor)
        let count = results.reduce(0) { $0 + $1.record.pictures }
        monitor.note("\(counted(count, "picture")) of \(counted(results.count, "clip")) in '\(batch.folder)'")
        return count
    }

    /// Makes the paired reference of every clip by changing each frame, and notes it as the clip's `reference`.
    ///
    /// - Parameters:
    ///   - output: a folder inside the dataset's, which gets the subfolders of the media paths; `nil` puts
    ///     `<stem>_reference.mp4` beside each clip, as upstream does.
    ///   - force: whether what is up to date is made again; `nil` for `true` with a `change`, which nothing can compare
    ///     with that of an earlier run, and `false` without.
    ///   - change: frame to frame; `nil` is Canny with upstream's thresholds.
    ///
    /// References that were made before of the same file in the same way are kept, and so are files that this program
    /// has not made. Returns how many were made. Throws `DatasetError.option`, `MediaError`, `FileError`, what `change`
    /// throws, or `Cancelled`; finished files stay.
    @discardableResult
    public func makeReferences(
        output: String? = nil, force: Bool? = nil, strict: Bool = false, monitor: Monitor = Monitor(),
        _ change: ((Frame) throws -> Frame)? = nil
    ) throws -> Int {
        if let output, !Path.staysInside(Path.relative(Path.absolute(output), to: folder)) {
            throw DatasetError.option(
                "output", reason: "must be inside the dataset's folder, such as '\(Path.join(folder, "references"))'")
        }
        let target = try output.map { try outputFolder($0) } ?? folder
        let batch = Batch(
            tool: .references, dataset: self, folder: target, force: force ?? false,
            alwaysRemakes: force == nil && change != nil, isStrict: strict, monitor: monitor)
        let items = try batch.plan { clip, file in
            // A reference is no clip of its own.
            guard !Path.stem(clip.name).hasSuffix("_reference") else { return nil }
            return Path.withoutExtension(clip.mediaPath) + "_reference" + (file.isImage ? ".png" : ".mp4")
        }
        let options = change == nil ? "canny" : "a function"
        let results = try batch.run(items, options, then: { try $0.item.clip.setReference($0.path) }) {
            item, path, _, monitor in
            try Self.transform(item.file, to: path, size: nil, monitor) { try change?($0) ?? $0.edges() }
        }
        Self.note(results, ("reference was made", "references were made"), monitor)
        let made = results.count { $0.outcome == .made }
        if made > 0 {
            monitor.note("\(counted(made, "reference")) in '\(target)'\(output == nil ? ", beside the clips" : "")")
        }
        return made
    }

    // MARK: Parts

    private func outputFolder(_ output: String) throws -> String {
        let path = Path.absolute(output)
        guard DatasetLocation.resolved(path) != folder else {
            throw DatasetError.option("output", reason: "must be another folder than the dataset's own")
        }
        try Files.makeFolder(path)
        return path
    }
    private static func note(_ results: [Batch.Result], _ done: (one: String, many: String), _ monitor: Monitor) {
        let kept = results.count { $0.outcome == .kept }
        if kept > 0 {
            monitor.note("\(counted(kept, done.one, done.many)) before (force=true does it again)")
        }
        let foreign = results.filter { $0.outcome == .foreign }.map(\.path)
        if let first = foreign.first {
            let more = foreign.count > 1 ? " and \(foreign.count - 1) more were" : " was"
            monitor.note("'\(first)'\(more) there, of an origin that is not known, and kept (force=true replaces it)")
        }
    }

    private static func written(_ count: Int, of file: VideoFile) -> Progress {
        Progress("writing", count, of: max(count, file.frames.value), "frames")
    }
    /// The file with every frame changed, at its own frame rate, h264 crf 18. Returns how many frames.
    private static func transform(
        _ file: VideoFile, to path: String, size: (Int, Int)?, _ monitor: Monitor, _ change: (Frame) throws -> Frame
    ) throws -> Int {
        try Files.makeFolder(Path.folder(path))
        if file.isImage {
            let frame = try Batch.reading { try file.frame(at: 0, width: size?.0, height: size?.1) }
            try StillImage.write(try change(frame), to: path)
            return 1
        }
        var options = FrameReader.Options(), count = 0
        (options.width, options.height) = (size?.0, size?.1)
        let reader = try Batch.reading { try FrameReader(file, options) }
        try VideoWriter.write(to: path, VideoWriter.Options(rate: file.averageRate)) { writer in
            while let frame = try Batch.reading({ try reader.next() }) {
                try monitor.checkpoint()
                try writer.append(try change(frame))
                monitor.report(Self.written(writer.count, of: file))
            }
            count = writer.count
        }
        return count
    }

    /// The frames as pictures in a folder, all or none. Returns how many.
    private static func extract(
        _ file: VideoFile, to folder: String, every step: Int, _ record: inout BatchRecord, _ monitor: Monitor
    ) throws -> Int {
        let partial = Path.join(Path.folder(folder), ".\(Path.name(folder)).partial")
        // Also what a run that was killed has left.
        func clear() {
            for name in (try? Files.list(partial)) ?? [] { unlink(Path.join(partial, name)) }
            rmdir(partial)
        }
        clear()
        defer { clear() }
        try Files.makeFolder(partial)
        var options = FrameReader.Options(), count = 0
        options.every = step
        let reader = try Batch.reading { try FrameReader(file, options) }
        while let frame = try Batch.reading({ try reader.next() }) {
            try monitor.checkpoint()
            count += 1
            try StillImage.write(frame, to: Batch.picture(count, in: partial))
            monitor.report(Self.written(count * step, of: file))
        }
        try Files.makeFolder(folder)
        let before = record.pictures
        try record.claim(pictures: count)
        for number in 1..<(count + 1) {
            let path = Batch.picture(number, in: folder)
            guard rename(Batch.picture(number, in: partial), path) == 0 else { throw FileError.last("write", path) }
        }
        // Those of an earlier run that had more.
        for number in (count + 1)..<max(count + 1, before + 1) { unlink(Batch.picture(number, in: folder)) }
        try AtomicFile.synchronize(folder, naming: folder)
        return count
    }

    /// The dataset of a folder of results, with those in its subfolders.
    private static func open(
        _ results: inout [Batch.Result], in folder: String, _ open: OpenDatasets, _ monitor: Monitor
    ) throws -> Dataset {
        let dataset: Dataset
        do { dataset = try Dataset.open(folder, among: open, monitor: monitor) } catch DatasetError.empty
            where !results.isEmpty
        {
            // A folder with nothing but subfolders is a dataset by its list alone.
            try AtomicFile.write("[]\n", to: Path.join(folder, "captions.json"))
            dataset = try Dataset.open(folder, among: open, monitor: monitor)
        }
        let (known, removed) = dataset.store.read { state in
            (Set(state.order.map { state.records[$0].entry.mediaPath }), state.removed)
        }
        for place in results.indices {
            let output = results[place].item.output, isBack = results[place].record.isRetired
            if !known.contains(output), isBack || !removed.contains(output) { try dataset.add(results[place].path) }
            if isBack { try results[place].record.comeBack() }
        }
        return dataset
    }
}
