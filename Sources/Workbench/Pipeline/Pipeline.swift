import Base
import Configuration
import Torch

/// From raw videos to a LoRA for other programs: scenes, captions, latents and embeddings, training, export, each step as far as it
/// is not done.
///
/// It keeps no list of what was done. Each step asks those who made the files: the record of cuts, the captions, the record of
/// preprocessing, the states of runs, the record of exports. So it may be called again after any failure, and what was made of
/// other clips, captions or settings is made anew.
public final class Pipeline: Sendable {
    /// What can be done, in order.
    public enum Step: String, CaseIterable, Sendable { case split, caption, preprocess, train, export }

    /// Who describes clips.
    public enum Describer: Sendable {
        /// One that is there.
        case captioner(Captioner)
        /// A model's folder or a server's preset; made when it is needed.
        case named(String)
    }

    /// What is asked for.
    public struct Options: Sendable {
        /// The steps that are wanted.
        public var steps = Set(Step.allCases)
        /// How videos are cut, and where the scenes go.
        public var split = SplitOptions()
        /// Who describes clips that have no caption; nil where all have one.
        public var describer: Describer?
        /// How clips are described.
        public var captions = CaptionOptions()
        /// Sizes and pictures of the clips; nil only without preprocessing.
        public var preprocessing: Preprocessor.Options?
        /// What the text encoder's matrices are held in while captions are encoded, and whether large pictures go tile by tile.
        public var textQuantization = Quantization.noChange, tiling = false
        /// What is trained; nil without training.
        public var configuration: TrainingConfiguration?
        /// Whether the configuration's own prompts are sampled; else the first three captions.
        public var keepsPrompts = false
        /// The model, where the configuration does not name it.
        public var model: String?
        /// The word before captions and prompts; nil takes the dataset's own.
        public var trigger: String?
        /// The spelling of the export.
        public var format = LoRAFormat.comfyui
        /// Where models are loaded to.
        public var device: Device

        /// All steps, as they are by default.
        public init(device: Device) { self.device = device }
    }

    /// What came of it so far.
    public struct Results: Sendable {
        /// The clips, once they are there.
        public internal(set) var clips: Dataset?
        /// What training reads.
        public internal(set) var precomputed: Precomputed?
        /// The run of this call; nil where none was needed.
        public internal(set) var run: Run?
        /// The folder of what was trained, now or before.
        public internal(set) var output: String?
        /// The exported file, or folder.
        public internal(set) var exported: String?

        /// Nothing yet.
        public init() {}
    }

    /// What it works on.
    public let source: Dataset
    let options: Options
    /// Nil where no step needs one.
    let model: ModelFolder?
    /// What is called after the project.
    public let name: String

    /// Opens the project. Throws what can be told at once: a missing project, model, size or configuration, and a configuration
    /// that cannot be trained.
    ///
    /// - Parameter project: a folder or file as `Dataset.open` takes it, the name of a project in `train_date`, or upstream's
    ///   BASENAME of a folder `BASENAME_raw`, whose scenes go to `BASENAME_scenes`.
    public init(
        _ project: String, _ options: Options, among open: OpenDatasets = .shared, monitor: Monitor = Monitor()
    ) throws {
        var options = options
        let place = Self.place(of: project)
        if let scenes = place.scenes, options.split.folder == nil { options.split.folder = scenes }
        source = try Dataset.open(place.path, among: open, monitor: monitor)
        name = source.project ?? Path.name(Path.absolute(project))
        if options.steps.contains(.preprocess), options.preprocessing == nil { throw PipelineError.missing("size") }
        if options.steps.contains(.train), options.configuration == nil { throw PipelineError.missing("template") }
        let needsModel = options.steps.contains(.preprocess) || options.steps.contains(.train)
        let named = options.model ?? options.configuration?.model.modelSource
        if needsModel, named == nil { throw PipelineError.missing("model") }
        model = try needsModel ? named.map { try ModelFolder(finding: $0) } : nil
        if let named { options.configuration?.model.modelSource = named }
        self.options = options
    }

    /// The folder that a project's name means, and where its scenes go when that is not the usual place.
    static func place(of project: String) -> (path: String, scenes: String?) {
        if Files.exists(Path.expandingTilde(project)) { return (project, nil) }
        let inside = Path.join("train_date", project), raw = project + "_raw"
        if Files.exists(inside) { return (inside, nil) }
        return Files.exists(raw) ? (raw, project + "_scenes") : (project, nil)
    }

    // MARK: What the steps work on

    /// The folder of the clips: that of the scenes, where videos are cut or were.
    var clipsFolder: String {
        let scenes = source.scenesFolder(options.split)
        return isSplitting || Files.isFolder(Path.join(scenes, ".scenes")) ? scenes : source.path
    }
    /// Images are not cut.
    var isSplitting: Bool { options.steps.contains(.split) && source.clips.contains { !$0.isImage } }
    /// The clips, where they are already.
    func clips(_ monitor: Monitor) throws -> Dataset? {
        let folder = clipsFolder
        if folder == source.path { return source }
        guard Files.exists(folder) else { return nil }
        do { return try Dataset.open(folder, among: source.store.open, monitor: monitor) } catch let error
            as DatasetError
        {
            // A split that was stopped before its first clip.
            guard case .empty = error, isSplitting else { throw error }
            return nil
        }
    }
    /// The word of captions and prompts.
    func trigger(_ clips: Dataset?) -> String? { options.trigger ?? (clips ?? source).trigger }

    /// VAE and text encoder, not loaded yet.
    func preprocessor() throws -> Preprocessor {
        guard let model else { throw PipelineError.missing("model") }
        return try Preprocessor(
            model: model, device: options.device, tiling: options.tiling, textQuantization: options.textQuantization,
            loads: false)
    }
    /// What is trained: on these clips, with prompts that begin as the captions do.
    func configuration(_ clips: Dataset?) throws -> TrainingConfiguration {
        guard var configuration = options.configuration else { throw PipelineError.missing("template") }
        configuration.data.preprocessedDataRoot = precomputedFolder(clips)
        let trigger = trigger(clips), validation = configuration.validation
        // Pictures and reference videos belong to prompts of their own.
        let isFree = !options.keepsPrompts && validation.images == nil && validation.referenceVideos == nil
        let captions = (clips?.clips ?? []).filter { !$0.isExcluded }.compactMap(\.caption)
        let prompts = isFree && !captions.isEmpty ? Array(captions.prefix(3)) : validation.prompts
        configuration.validation.prompts = prompts.map { Trigger.apply(trigger, to: $0) }
        return configuration
    }
    /// Where preprocessing writes.
    func precomputedFolder(_ clips: Dataset?) -> String {
        options.preprocessing?.output ?? Path.join(clips?.folder ?? clipsFolder, ".precomputed")
    }
}
