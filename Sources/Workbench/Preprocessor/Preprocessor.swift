import Base
import Configuration
import LTXVideo
import Media
import NN
import Torch

/// The video VAE and the text encoder in memory, turning clips and captions into what training reads.
public final class Preprocessor: Sendable {
    /// Where its parts were loaded from.
    public let model: ModelFolder
    public let dtype: DType, device: Device
    /// Whether large pictures, and long videos, are encoded tile by tile.
    public let tiling: Bool, framewise: Bool
    /// What the text encoder's matrices are held in.
    public let textQuantization: Quantization
    private let tiles: VAETiling?

    /// Loads both. Throws when one is missing or incomplete, and for numbers that the device does not convert to.
    ///
    /// - Parameter loads: false leaves that to whoever needs one first.
    public init(
        model: ModelFolder, dtype: DType = .bfloat16, device: Device, tiling: Bool = false,
        framewise: Bool = false, textQuantization: Quantization = .noChange, loads: Bool = true,
        monitor: Monitor = Monitor()
    ) throws {
        try textQuantization.require(on: device)
        (self.model, self.dtype, self.device, self.tiling) = (model, dtype, device, tiling)
        (self.framewise, self.textQuantization) = (framewise, textQuantization)
        var tiles = tiling ? try VAETiling() : nil
        if framewise { tiles = tiles ?? .whole; tiles?.time = VAETiling.Time() }
        self.tiles = tiles
        guard loads else { return }
        _ = try vae("loading").model(monitor)
        _ = try captions("loading").model(monitor)
    }

    /// What `run` was asked to do.
    public struct Options: Sendable {
        /// What clips are brought to, and which of their pictures are taken.
        var rules: ClipPlan.Rules
        /// Prepended to every caption; nil takes the dataset's own.
        public var trigger: String?
        /// Where to write; nil is `.precomputed` beside the metadata.
        public var output: String?
        /// Captions encoded at once.
        public var batchSize = 1
        /// Makes everything again, also what is up to date.
        public var force = false
        /// A clip that cannot be read ends the run instead of being left out.
        public var isStrict = false
        /// Takes clips without a caption, too: as the trigger alone, or as the empty caption.
        public var takesUncaptioned = false
        /// Decodes what is encoded, to look at: `decoded_videos` and `decoded_reference_videos`.
        public var decodes = false
        /// Encodes the references of clips, too.
        public var usesReferences = true

        /// - Parameters:
        ///   - selection: which pictures of a video, and how many clips it gives.
        ///   - fps: pictures a second of the clips; nil leaves each video's own.
        ///   - cropsBars: cuts letterbox bars off before anything else.
        public init(
            sizes: TrainingSizes, selection: FrameSelection = FrameSelection(), fps: Double? = nil,
            cropsBars: Bool = false
        ) {
            rules = ClipPlan.Rules(sizes: sizes, selection: selection, fps: fps, cropsBars: cropsBars)
        }
        /// One size, the first pictures.
        public init(
            size: VideoSize, hasFrames: Bool = true, trigger: String? = nil, output: String? = nil, batchSize: Int = 1,
            force: Bool = false, isStrict: Bool = false, takesUncaptioned: Bool = false
        ) {
            self.init(sizes: TrainingSizes(size, hasFrames: hasFrames))
            (self.trigger, self.output, self.batchSize) = (trigger, output, batchSize)
            (self.force, self.isStrict, self.takesUncaptioned) = (force, isStrict, takesUncaptioned)
        }
    }

    /// Encodes what is new or changed, and returns the folder. Captions first, so that a missing one costs no work.
    ///
    /// With several sizes each clip goes to the one that loses least of it (`TrainingSizes`). A caption is encoded once, also where
    /// a video gives several clips. Clips that are too short or cannot be read are left out and named before anything is made.
    /// Throws for a clip without a caption unless it was said to take those, for two clips that would be written to one file, for
    /// a size without frames where
    /// there are videos, and when no clip is left; what was done stays and is skipped the next time.
    ///
    /// Several ranks divide the clips; rank 0 keeps the record.
    ///
    /// What earlier runs made for this dataset of clips or references that it no longer has, excludes or has changed is
    /// moved to `stale` in the folder, with a note; it is taken back when the clip comes back. After the run of a view the
    /// dataset's other clips stay where they are, and so does what another dataset or program has put there: a note names
    /// them, because training reads the whole folder.
    public func run(_ dataset: Dataset, _ options: Options, monitor: Monitor = Monitor()) throws -> Precomputed {
        try work(job(dataset, options, monitor), monitor)
    }
    /// What `run` would do, without doing anything: no file is made or moved, and no model is loaded. Each rank looks by itself.
    ///
    /// Throws as `run` does for what can be told before anything is made.
    public func plan(
        _ dataset: Dataset, _ options: Options, monitor: Monitor = Monitor()
    ) throws -> PreprocessingPlan { try job(dataset, options, monitor, isDry: true).preview(model, monitor) }

    func job(
        _ dataset: Dataset, _ options: Options, _ monitor: Monitor, isDry: Bool = false
    ) throws -> PreprocessingJob {
        try PreprocessingJob(
            dataset, options, model: model, dtype: dtype, text: textPolicy,
            ranks: isDry ? OneRank() : SessionRanks.join(device), isDry: isDry, monitor: monitor)
    }
    func work(_ job: PreprocessingJob, _ monitor: Monitor) throws -> Precomputed {
        try job.recording {
            try job.lookIntoFiles(monitor)
            try job.plan(monitor)
            try job.ranks.meet()
            if job.ranks.isFirst {
                job.removeRemains()
                try job.takeAway(monitor)
            }
            let reader = ReadAhead(
                try job.dueReadings(monitor), job.turns("videos"), fps: job.options.rules.fps, dtype: dtype)
            try job.encodeCaptions(monitor) { try captions("preprocessing") }
            try job.encodeVideos(monitor, reader, tiling: tiles) { try vae("preprocessing") }
            try job.decodeVideos(monitor, tiling: tiles) { try vae("preprocessing") }
        }
        try job.ranks.meet()
        return try Precomputed(opening: job.folder)
    }

    /// The embedding of a caption as training uses it: (256, width).
    public func encodeText(_ text: String) throws -> Tensor {
        let lease = try captions("encode_text")
        return try lease.model().encode([text], masked: false)[0].embeddings.squeezed(0)
    }

    /// Decodes stored latents to an mp4 (a png for a single frame).
    public func decode(_ item: Precomputed.Item, to path: String) throws {
        let file = try LatentFile(item.latents)
        let lease = try vae("decode"), vae = try lease.model()
        let video = try vae.decodeVideo(
            file.latents.unsqueezed(0), frames: file.grid.frames, height: file.grid.height, width: file.grid.width,
            generator: Generator(seed: 0, device: device), tiling: tiles)
        try VideoOutput.write(ClipTensor.frames(video), fps: file.fps, to: path)
    }

    private func vae(_ user: String) throws -> ModelLease<VideoVAE> {
        try model.lease(.vae, dtype: dtype, device: device, for: user)
    }
    private func captions(_ user: String) throws -> ModelLease<CaptionEncoder> {
        try model.lease(.textEncoder, textPolicy, for: user)
    }
    private var textPolicy: WeightPolicy {
        WeightPolicy(dtype, on: device, quantization: textQuantization.format)
    }
}
