import Base
import Glibc
import LTXVideo
import Media
import NN
import Torch

/// One pass over a dataset: what is to be made, and making it.
final class PreprocessingJob {
    let folder: String
    let options: Preprocessor.Options
    let clips: [Source]
    let textModel: String, videoModel: String
    /// What the record says of how results were made, for whoever uses them later.
    let textInputs: [String: String], videoInputs: [String: String]
    /// Whether the trigger was asked for, set in the dataset, or the usual one.
    private let triggerOrigin: String
    /// The metadata file as seen from the folder, so that the record is right when both are moved.
    let dataset: String
    /// Where the dataset's own results go unless somebody says otherwise.
    let isDefaultFolder: Bool
    /// The media files of the whole dataset, excluded clips aside, by clip; and their references.
    let media: [String: String], references: [String: String]
    let files: MediaCache, measures: MeasureCache
    var fingerprints: Fingerprints
    /// Files that cannot be read, by path.
    var unreadable: [String: any UserError] = [:]
    /// What is to be made of the clips that can be read. Set by `plan`.
    var items: [Item] = []
    /// Files of latents that belong to this pass, made before or not. Set by `dueReadings`.
    var outputs: [Output] = []
    /// Videos too short for any size.
    var unused = Unused()
    private var contents: [String: String] = [:]
    private let lock: DatasetLock?
    /// Those that share the pass; what this one has to tell, where it is not the first.
    let ranks: any Ranks
    let number: Int
    var told: [String] = []
    /// Files of latents that are to be made, by whichever rank. Set by `dueReadings`.
    var dueVideos: [String] = []

    /// A clip of the dataset that is to be preprocessed.
    struct Source {
        let clip: ClipSnapshot, caption: String
        /// The media path without extension: what its results are called after.
        let stem: String
    }
    /// A clip of training.
    struct Item {
        let source: Source, file: VideoFile, plan: ClipPlan, stretch: FrameSelection.Stretch
        /// The path of its files below `latents` and the like, without extension.
        let name: String
        var latents: String { "latents/\(name).pt" }
        var condition: String { "conditions/\(name).pt" }
        var referenceLatents: String { "reference_latents/\(name).pt" }
    }

    init(
        _ source: Dataset, _ options: Preprocessor.Options, model: ModelFolder, dtype: DType, text: WeightPolicy,
        ranks: any Ranks = OneRank(), isDry: Bool = false, monitor: Monitor
    ) throws {
        (self.ranks, number) = (ranks, ranks.count > 1 ? SessionRanks.nextPass() : 0)
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
        (files, measures) = (source.store.media, source.store.measures)
        try options.rules.require(
            forVideosOf: chosen.filter { !$0.isImage }.map { [files] in (try? files.file($0.path).frames.value) ?? 0 })
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
            let caption = clip.trainingCaption(trigger: trigger) ?? Trigger.apply(trigger, to: "")
            return Source(clip: clip, caption: caption, stem: stem)
        }
        if !pairs.isEmpty { throw PreprocessorError.sameName(data.metadataPath, pairs.map { "'\($0)' and '\($1)'" }) }
        let entries = data.entries.filter { !$0.excluded && Path.staysInside($0.mediaPath) }
        media = Dictionary(
            entries.map { (Path.withoutExtension($0.mediaPath), Path.join(data.folder, $0.mediaPath)) }
                + clips.map { ($0.stem, $0.clip.path) }
        ) { $1 }
        references =
            options.usesReferences
            ? Dictionary(
                entries.compactMap { entry in
                    entry.reference.map { (Path.withoutExtension(entry.mediaPath), Path.join(data.folder, $0)) }
                }
            ) { $1 } : [:]
        lock = try isDry ? nil : Self.lock(folder, ranks)
        let place = DatasetLocation.resolved(folder)
        dataset = Path.relative(data.metadata, to: place)
        isDefaultFolder = place == DatasetLocation.resolved(usual)
        fingerprints = Fingerprints(folder)
        textModel = Fingerprints.textModel(model, text)
        textInputs = ["text_encoder": ModelIdentity.text(model), "trigger": trigger ?? ""]
        videoInputs = ["vae": ModelIdentity.video(model), "sizes": "\(options.rules.sizes)"]
        triggerOrigin =
            options.trigger != nil ? "asked" : source.store.read(\.trigger) != nil ? "set" : "usual"
        let vae = model.checkpoint.map(Fingerprints.identity) ?? Fingerprints.model(model.part("vae"))
        videoModel = "\(vae)-\(dtype)"
    }

    /// Rank 0's alone, as the record is.
    private static func lock(_ folder: String, _ ranks: any Ranks) throws -> DatasetLock? {
        try Files.makeFolder(folder)
        guard ranks.isFirst else { return nil }
        switch DatasetLock.take(Path.join(folder, ".lock")) {
        case .taken(let taken): return taken
        case .held(let holder): throw PreprocessorError.busy(folder, by: holder)
        case .refused: return nil
        }
    }

    /// Runs the parts and saves the record of what they did, also when they fail.
    func recording(_ body: () throws -> Void) throws {
        do { try body() } catch {
            if ranks.isFirst { try? fingerprints.save() }
            ranks.abort()
            throw error
        }
        if ranks.isFirst { try fingerprints.save() }
    }

    // MARK: The record

    /// Whether a file is still to be made: what is there is nothing, or of something else. Of a clip that has come back it lies
    /// aside.
    func needs(_ file: String, _ mark: String) -> Bool {
        guard !options.force, fingerprints[file]?.mark == mark else { return true }
        return ![folder, staleFolder].contains { Files.exists(Path.join($0, file)) }
    }
    /// The same; a file that is up to date belongs to this dataset from now on, whoever had it made.
    func isDue(_ file: String, _ mark: String, _ inputs: [String: String]) throws -> Bool {
        if needs(file, mark) { return true }
        let path = Path.join(folder, file), stale = Path.join(staleFolder, file)
        if !Files.exists(path) {
            try makeFolder(file)
            guard rename(stale, path) == 0 else { throw FileError.last("move", stale) }
        }
        fingerprints[file]?.dataset = dataset
        note(file, inputs)
        return false
    }
    /// Says whose files are about to be written, so that what a killed run leaves is known to be ours.
    func claim(_ files: [String]) throws {
        for file in files {
            var entry = fingerprints[file] ?? Fingerprints.Entry()
            (entry.mark, entry.dataset) = ("", dataset)
            fingerprints[file] = entry
        }
        if ranks.isFirst { try fingerprints.save() }
    }
    /// Latents of another size or model must not lie beside those of this pass when it does not come to its end.
    func putAside(_ files: [String]) throws {
        for file in files where Files.exists(Path.join(folder, file)) {
            let stale = Path.join(staleFolder, file)
            try Files.makeFolder(Path.folder(stale))
            guard rename(Path.join(folder, file), stale) == 0 else {
                throw FileError.last("move", Path.join(folder, file))
            }
        }
    }
    func done(
        _ file: String, _ mark: String, _ inputs: [String: String], content: String? = nil, stamp: String? = nil
    ) throws {
        fingerprints[file] = Fingerprints.Entry(mark: mark, dataset: dataset, content: content, stamp: stamp)
        note(file, inputs)
        if ranks.isFirst { try fingerprints.saveSometimes() }
    }
    /// What whoever uses the file compares with what there is then.
    private func note(_ file: String, _ inputs: [String: String]) {
        fingerprints[file]?.inputs.merge(inputs) { $1 }
        if inputs["trigger"] != nil { fingerprints[file]?.facts["trigger"] = .string(triggerOrigin) }
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
    func makeFolder(_ file: String) throws { try Files.makeFolder(Path.folder(Path.join(folder, file))) }
    /// Says how much of the work was done before.
    func note(_ monitor: Monitor, _ what: String, _ due: Int, of all: Int) {
        let skipped = all - due
        if skipped > 0 { monitor.note("\(what): \(skipped) up to date, \(due) to encode") }
    }
}
