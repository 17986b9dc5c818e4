import Base
import LTXVideo
import Media
import Torch

// MARK: Videos

extension PreprocessingJob {
    /// A file of latents that is to be made.
    struct Output: Sendable {
        let file: String, mark: String, inputs: [String: String]
        let content: String?, stamp: String?
        let size: VideoSize, stretch: FrameSelection.Stretch, fps: Double
    }
    /// The outputs of one media file, in the order of their pictures.
    struct Reading: Sendable {
        let file: VideoFile, region: PictureRegion?
        var outputs: [Output]
    }

    /// What is to be encoded, by media file: clips first, then references. Files that are up to date are taken over.
    func dueReadings(_ monitor: Monitor) throws -> [Reading] {
        let all = try readings(monitor)
        outputs = all.flatMap(\.outputs)
        let names = try due(outputs.map { ($0.file, $0.mark, $0.inputs) })
        let readings = all.compactMap { reading -> Reading? in
            let due = reading.outputs.filter { names.contains($0.file) }
            return due.isEmpty ? nil : Reading(file: reading.file, region: reading.region, outputs: due)
        }
        dueVideos = readings.flatMap { $0.outputs.map(\.file) }
        return readings
    }
    /// What belongs to this pass, made before or not.
    func readings(_ monitor: Monitor) throws -> [Reading] {
        var groups: [[(item: Item, path: String, file: String)]] = []
        for part in [items.map { ($0, $0.file.path, $0.latents) }, referenceOutputs()] {
            for (item, path, file) in part {
                if groups.last?.last.map({ $0.path == path && $0.item.source.stem == item.source.stem }) == true {
                    groups[groups.count - 1].append((item, path, file))
                } else {
                    groups.append([(item, path, file)])
                }
            }
        }
        return try groups.compactMap { group -> Reading? in
            guard let path = group.first?.path, let file = try? files.file(path) else { return nil }
            let outputs = try group.map { try output($0.item, file, $0.file, monitor) }
            // What was made of a clip has its bars.
            let item = group[0].item, isLike = (file.width, file.height) == (item.file.width, item.file.height)
            return Reading(file: file, region: isLike ? item.plan.region : nil, outputs: outputs)
        }
    }
    private func referenceOutputs() -> [(Item, String, String)] {
        items.compactMap { item in
            guard let path = references[item.source.stem], unreadable[path] == nil else { return nil }
            return (item, path, item.referenceLatents)
        }
    }
    private func output(_ item: Item, _ file: VideoFile, _ name: String, _ monitor: Monitor) throws -> Output {
        let source = try content(file.path, for: name, monitor), rules = options.rules
        let isImage = file.isImage
        let size =
            isImage
            ? try VideoSize(width: item.plan.size.width, height: item.plan.size.height, frames: 1) : item.plan.size
        let stretch = isImage ? FrameSelection.Stretch(0, 1) : item.stretch
        var mark = "\(source?.content ?? "missing")-\(size)-\(videoModel)"
        if file.isInterlaced { mark += "-bwdif" }
        let isUsual = stretch == FrameSelection.Stretch(0, size.frames) && rules.fps == nil && item.plan.region == nil
        if !isUsual || item.name != item.source.stem {
            mark +=
                "-" + Fingerprints.hash("\(stretch.pictures)|\(rules.fps ?? 0)|\(item.plan.region?.description ?? "")")
        }
        var inputs = videoInputs
        inputs["size"] = "\(size)"
        if item.name != item.source.stem { inputs["clip"] = item.source.stem }
        return Output(
            file: name, mark: mark, inputs: inputs, content: source?.content, stamp: source?.stamp, size: size,
            stretch: stretch, fps: isImage ? 1 : (rules.fps ?? file.fps) / stretch.step)
    }

    /// Encodes what the reader hands over. What cannot be read or is too short is left out and named.
    ///
    /// One clip at a time: in a batch the last digits of one depend on the others, and a run that was killed and goes on would
    /// give other latents than one that was not.
    func encodeVideos(
        _ monitor: Monitor, _ reader: ReadAhead, tiling: VAETiling?, _ lease: () throws -> ModelLease<VideoVAE>
    ) throws {
        note(monitor, "videos", dueVideos.count, of: outputs.count)
        guard !dueVideos.isEmpty else { return }
        try claim(dueVideos)
        if ranks.isFirst { try putAside(dueVideos) }
        try ranks.meet()
        try collect(try encode(reader, tiling, monitor, lease), monitor)
    }
    /// The files of this rank's share.
    private func encode(
        _ reader: ReadAhead, _ tiling: VAETiling?, _ monitor: Monitor, _ lease: () throws -> ModelLease<VideoVAE>
    ) throws -> [String] {
        var held: ModelLease<VideoVAE>?, files: [String] = []
        while let item = try reader.next() {
            let output = item.output, path = item.reading.file.path
            monitor.report(Progress("videos", item.place, of: dueVideos.count, "clips", [("clip", Path.name(path))]))
            try monitor.checkpoint()
            files.append(output.file)
            do {
                if let video = try item.video.get().value {
                    let lease = try held ?? lease()
                    held = lease
                    try write(video, output, lease.model(monitor), tiling)
                } else {
                    fingerprints[output.file] = nil
                    let wanted = counted((output.stretch.pictures.last ?? 0) + 1, "frame")
                    tell("'\(path)' is shorter than \(wanted); left out", monitor)
                }
            } catch let error as any UserError where LeftOut.isOfOneFile(error, path) && !options.isStrict {
                fingerprints[output.file] = nil
                tell("\(error); left out", monitor)
            }
        }
        monitor.report(Progress("videos", dueVideos.count, of: dueVideos.count, "clips"))
        return files
    }

    /// Latents (tokens, channels), drawn from the posterior. The draw depends on the file's name alone, so that a dataset gives the
    /// same latents in any order.
    private func write(_ video: Tensor, _ output: Output, _ vae: VideoVAE, _ tiling: VAETiling?) throws {
        let seed = Fingerprints.number(output.file), grid = output.size.grid
        let latents = try vae.encodeVideo(video, generator: Generator(seed: seed, device: vae.device), tiling: tiling)
            .squeezed(0).to(.bfloat16)
        try makeFolder(output.file)
        try LatentFile.write(latents, grid: grid, fps: output.fps, to: Path.join(folder, output.file))
        Ledger.session.add("preprocessed", 1, "clip", in: folder)
        try done(output.file, output.mark, output.inputs, content: output.content, stamp: output.stamp)
    }
}
