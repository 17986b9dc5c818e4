import Base
import Glibc
import LTXVideo
import NN
import Media
import Torch

/// One pass over a dataset: what is to be made, and making it.
final class PreprocessingJob {
    let folder: String
    private let options: Preprocessor.Options
    private let clips: [(clip: ClipSnapshot, caption: String, stem: String)]
    private let references: [(path: String, stem: String)]
    private let textModel: String, videoModel: String
    /// What the record says of how results were made, for whoever uses them later.
    private let textInputs: [String: String], videoInputs: [String: String]
    /// Whether the trigger was asked for, set in the dataset, or the usual one.
    private let triggerOrigin: String
    /// The metadata file as seen from the folder, so that the record is right when both are moved.
    let dataset: String
    /// Where the dataset's own results go unless somebody says otherwise.
    let isDefaultFolder: Bool
    /// What the whole dataset, excluded clips aside, has its files made of: the media file, `nil` for captions.
    let expected: [String: String?]
    /// The files that this pass is to leave there.
    let targets: Set<String>
    var fingerprints: Fingerprints
    private let media: MediaCache
    /// Files that cannot be read, by path.
    private var unreadable: [String: any UserError] = [:]
    private var contents: [String: String] = [:]

    init(
        _ source: Dataset, _ options: Preprocessor.Options, model: ModelFolder, dtype: DType, text: WeightPolicy,
        monitor: Monitor
    ) throws {
        let data = try source.snapshot(monitor: monitor)
        self.options = options
        let usual = Path.join(data.folder, ".precomputed")
        folder = Path.absolute(options.output ?? usual)
        let chosen = data.clips.filter { !$0.isExcluded }
        guard !chosen.isEmpty else { throw PreprocessorError.noClips(data.metadataPath) }
        let bare = chosen.filter { ($0.caption ?? "").allSatisfy(\.isWhitespace) }
        guard bare.isEmpty || options.takesUncaptioned else {
            throw PreprocessorError.noCaption(data.metadataPath, bare.map(\.mediaPath))
        }
        media = source.store.media
        if !options.hasFrames, chosen.contains(where: { !$0.isImage }) {
            let lengths = chosen.filter { !$0.isImage }.compactMap { [media] in try? media.file($0.path).frames.value }
            throw VideoSizeError.framesMissing(options.size, lengths)
        }
        let trigger = options.trigger ?? data.trigger
        var stems: [String: String] = [:], pairs: [(String, String)] = []
        clips = try chosen.map { clip in
            guard Path.staysInside(clip.mediaPath) else {
                throw PreprocessorError.outside(data.metadataPath, clip.mediaPath)
            }
            let stem = Path.withoutExtension(clip.mediaPath)
            if let other = stems[stem] {
                if other == clip.mediaPath { throw PreprocessorError.listedTwice(data.metadataPath, other) }
                pairs.append((other, clip.mediaPath))
            } else {
                stems[stem] = clip.mediaPath
            }
            return (clip, clip.trainingCaption(trigger: trigger) ?? Trigger.apply(trigger, to: ""), stem)
        }
        if !pairs.isEmpty { throw PreprocessorError.sameName(data.metadataPath, pairs.map { "'\($0)' and '\($1)'" }) }
        references = clips.compactMap { clip, _, stem in clip.reference.map { ($0, stem) } }
        var files: [String: String?] = [:]
        for (clip, _, stem) in clips {
            for (file, path) in Self.files(stem, clip.path, clip.reference) { files[file] = .some(path) }
        }
        targets = Set(files.keys)
        for entry in data.entries where !entry.excluded && Path.staysInside(entry.mediaPath) {
            let reference = entry.reference.map { Path.join(data.folder, $0) }
            let all = Self.files(
                Path.withoutExtension(entry.mediaPath), Path.join(data.folder, entry.mediaPath), reference)
            for (file, path) in all where files[file] == nil { files[file] = .some(path) }
        }
        expected = files
        try Files.makeFolder(folder)
        let place = DatasetLocation.resolved(folder)
        dataset = Path.relative(data.metadata, to: place)
        isDefaultFolder = place == DatasetLocation.resolved(usual)
        fingerprints = Fingerprints(folder)
        textModel = Fingerprints.textModel(model, text)
        textInputs = ["text_encoder": ModelIdentity.text(model), "trigger": trigger ?? ""]
        videoInputs = ["vae": ModelIdentity.video(model), "size": "\(options.size)"]
        triggerOrigin =
            options.trigger != nil ? "asked" : source.store.read(\.trigger) != nil ? "set" : "usual"
        let vae = model.checkpoint.map(Fingerprints.identity) ?? Fingerprints.model(model.part("vae"))
        videoModel = "\(vae)-\(dtype)"
    }
    /// What is made of a clip, and of which media file.
    private static func files(_ stem: String, _ path: String, _ reference: String?) -> [(String, String?)] {
        [("latents/\(stem).pt", path), ("conditions/\(stem).pt", nil)]
            + (reference.map { [("reference_latents/\(stem).pt", $0)] } ?? [])
    }

    /// Runs the parts and saves the record of what they did, also when they fail.
    func recording(_ body: () throws -> Void) throws {
        do { try body() } catch {
            try? fingerprints.save()
            throw error
        }
        try fingerprints.save()
    }

    /// A file that is up to date belongs to this dataset from now on, whoever had it made.
    private func isDue(_ file: String, _ mark: String, _ inputs: [String: String]) throws -> Bool {
        guard !options.force, fingerprints[file]?.mark == mark else { return true }
        let path = Path.join(folder, file), stale = Path.join(staleFolder, file)
        if !Files.exists(path) {
            // Of a clip that has come back.
            guard Files.exists(stale) else { return true }
            try makeFolder(file)
            guard rename(stale, path) == 0 else { throw FileError.last("move", stale) }
        }
        fingerprints[file]?.dataset = dataset
        note(file, inputs)
        return false
    }
    /// Says whose files are about to be written, so that what a killed run leaves is known to be ours.
    private func claim(_ files: [String]) throws {
        for file in files {
            var entry = fingerprints[file] ?? Fingerprints.Entry()
            (entry.mark, entry.dataset) = ("", dataset)
            fingerprints[file] = entry
        }
        try fingerprints.save()
    }
    /// Latents of another size or model must not lie beside those of this pass when it does not come to its end.
    private func putAside(_ files: [String]) throws {
        for file in files where Files.exists(Path.join(folder, file)) {
            let stale = Path.join(staleFolder, file)
            try Files.makeFolder(Path.folder(stale))
            guard rename(Path.join(folder, file), stale) == 0 else {
                throw FileError.last("move", Path.join(folder, file))
            }
        }
    }
    private func done(
        _ file: String, _ mark: String, _ inputs: [String: String], content: String? = nil, stamp: String? = nil
    ) throws {
        fingerprints[file] = Fingerprints.Entry(mark: mark, dataset: dataset, content: content, stamp: stamp)
        note(file, inputs)
        try fingerprints.saveSometimes()
    }
    /// What whoever uses the file compares with what there is then.
    private func note(_ file: String, _ inputs: [String: String]) {
        fingerprints[file]?.inputs.merge(inputs) { $1 }
        if inputs["trigger"] != nil { fingerprints[file]?.facts["trigger"] = .string(triggerOrigin) }
    }
    private func inputs(of caption: String) -> [String: String] {
        textInputs.merging(["text": Fingerprints.hash(caption)]) { $1 }
    }
    /// The hash of a media file, remembered for the file that is made of it; `nil` where there is none.
    func content(_ path: String, for file: String, _ monitor: Monitor) throws -> (content: String, stamp: String)? {
        guard let stamp = (try? FileStamp(path))?.text else { return nil }
        if let entry = fingerprints[file], entry.stamp == stamp, let content = entry.content { return (content, stamp) }
        let content = try contents[path] ?? FileIdentity.contentHash(path, monitor: monitor)
        contents[path] = content
        // Touched or copied: the same bytes need not be read again the next time.
        if fingerprints[file]?.content == content { fingerprints[file]?.stamp = stamp }
        return (content, stamp)
    }

    /// Looks into every file down to its first picture, before anything is made: what cannot be read is named at once.
    func lookIntoFiles(_ monitor: Monitor) throws {
        var leftOut = LeftOut()
        for path in clips.map(\.clip.path) + references.map(\.path) where unreadable[path] == nil {
            try monitor.checkpoint()
            do { _ = try media.readable(path) } catch let error as any UserError where LeftOut.isOfOneFile(error, path)
            {
                unreadable[path] = error
                leftOut.add(error)
            }
        }
        let rest = clips.count { unreadable[$0.clip.path] == nil }
        try leftOut.settle(strict: options.isStrict, rest: rest, monitor)
    }

    // MARK: Captions

    func encodeCaptions(_ monitor: Monitor, _ lease: () throws -> ModelLease<CaptionEncoder>) throws {
        try encodeEmptyCaption(lease)
        let readable = clips.filter { unreadable[$0.clip.path] == nil }
        let due = try readable.map {
            (
                file: "conditions/\($0.stem).pt", caption: $0.caption,
                mark: Fingerprints.hash("\($0.caption)|\(textModel)")
            )
        }.filter { try isDue($0.file, $0.mark, inputs(of: $0.caption)) }
        note(monitor, "captions", due.count, of: readable.count)
        guard !due.isEmpty else { return }
        try claim(due.map(\.file))
        let held = try lease(), encoder = try held.model(monitor)
        let named = due.map { (String($0.file.drop { $0 != "/" }.dropFirst().dropLast(3)), $0.caption) }
        if let note = CaptionLimit(encoder.tokenizer).note(named) { monitor.note(note) }
        for start in stride(from: 0, to: due.count, by: options.batchSize) {
            try monitor.checkpoint()
            let batch = Array(due[start..<min(start + options.batchSize, due.count)])
            for (item, text) in zip(batch, try encoder.encode(batch.map(\.caption), masked: false)) {
                try ConditionFile.write(text, to: Path.join(folder, item.file))
                try done(item.file, item.mark, inputs(of: item.caption))
            }
            monitor.report(Progress("captions", start + batch.count, of: due.count, "captions"))
        }
    }

    /// What captions that are dropped are trained as.
    private func encodeEmptyCaption(_ lease: () throws -> ModelLease<CaptionEncoder>) throws {
        let mark = EmptyCaption.mark(textModel), path = Path.join(folder, EmptyCaption.file)
        if fingerprints[EmptyCaption.file]?.mark == mark, Files.exists(path) { return }
        try EmptyCaption.encode(lease().model(), mark: mark, to: folder, &fingerprints)
    }

    // MARK: Videos

    /// What cannot be read or is too short is left out and named.
    func encodeVideos(
        _ monitor: Monitor, tiling: VAETiling?, _ lease: () throws -> ModelLease<VideoVAE>
    ) throws {
        let videos = clips.map { (path: $0.clip.path, file: "latents/\($0.stem).pt") }
        let all = videos + references.map { ($0.path, "reference_latents/\($0.stem).pt") }
        let due = try all.map { path, file in
            let source = try content(path, for: file, monitor)
            let mark = "\(source?.content ?? "missing")-\(options.size)-\(videoModel)"
            return (path: path, file: file, mark: mark, source: source)
        }.filter { try isDue($0.file, $0.mark, videoInputs) }
        var unused = Unused()
        note(monitor, "videos", due.count, of: all.count)
        guard !due.isEmpty else { return }
        try claim(due.map(\.file))
        try putAside(due.map(\.file))
        let held = try lease(), vae = try held.model(monitor)
        for (place, item) in due.enumerated() {
            monitor.report(Progress("videos", place, of: due.count, "clips", [("clip", Path.name(item.path))]))
            try monitor.checkpoint()
            do {
                if let error = unreadable[item.path] {
                    // It was named before.
                    unused.unreadable(error)
                    fingerprints[item.file] = nil
                    continue
                }
                let file = try media.file(item.path)
                if let latents = try encode(file, vae, tiling, seed: Fingerprints.number(item.file)) {
                    let fps = file.isImage ? 1 : file.fps
                    try makeFolder(item.file)
                    try LatentFile.write(
                        latents, grid: Self.grid(options.size, file), fps: fps, to: Path.join(folder, item.file))
                    try done(
                        item.file, item.mark, videoInputs, content: item.source?.content, stamp: item.source?.stamp)
                    Ledger.session.add("preprocessed", 1, "clip", in: folder)
                } else {
                    unused.short(file)
                    fingerprints[item.file] = nil
                    monitor.note("'\(item.path)' is shorter than \(counted(options.size.frames, "frame")); left out")
                }
            } catch let error as any UserError where LeftOut.isOfOneFile(error, item.path) && !options.isStrict {
                unused.unreadable(error)
                fingerprints[item.file] = nil
                monitor.note("\(error); left out")
            }
        }
        monitor.report(Progress("videos", due.count, of: due.count, "clips"))
        if unused.count == all.count, let error = unused.error(options.size) { throw error }
    }
    /// Clips that a pass could not use.
    private struct Unused {
        private(set) var count = 0
        private var longest: (name: String, frames: Int)?, first: (any UserError)?

        mutating func short(_ file: VideoFile) {
            count += 1
            // The header may promise more than there is; it is only to say what would do.
            let frames = file.frames.value
            if longest == nil || frames > longest?.frames ?? 0 { longest = (Path.name(file.path), frames) }
        }
        mutating func unreadable(_ error: any UserError) {
            count += 1
            first = first ?? error
        }
        /// For a pass that could use none.
        func error(_ size: VideoSize) -> (any UserError)? {
            longest.map { PreprocessorError.tooShort(clip: $0.name, frames: $0.frames, wanted: size) } ?? first
        }
    }

    /// Latents (tokens, channels), drawn from the posterior. The draw depends on the file's name alone, so that a
    /// dataset gives the same latents in any order.
    private func encode(_ file: VideoFile, _ vae: VideoVAE, _ tiling: VAETiling?, seed: UInt64) throws -> Tensor? {
        let size = options.size
        let wanted = file.isImage ? try VideoSize(width: size.width, height: size.height, frames: 1) : size
        guard let video = try ClipTensor.read(file, size: wanted) else { return nil }
        return try vae.encodeVideo(video, generator: Generator(seed: seed, device: vae.device), tiling: tiling)
            .squeezed(0).to(.bfloat16)
    }
    private static func grid(_ size: VideoSize, _ file: VideoFile) -> LatentGrid {
        LatentGrid(frames: file.isImage ? 1 : size.grid.frames, height: size.grid.height, width: size.grid.width)
    }

    private func note(_ monitor: Monitor, _ what: String, _ due: Int, of all: Int) {
        let skipped = all - due
        if skipped > 0 { monitor.note("\(what): \(skipped) up to date, \(due) to encode") }
    }
    private func makeFolder(_ file: String) throws { try Files.makeFolder(Path.folder(Path.join(folder, file))) }
}
