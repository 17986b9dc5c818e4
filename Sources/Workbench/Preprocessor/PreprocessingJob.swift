import Foundations
import LTXVideo
import Media
import Torch

/// One pass over a dataset: what is to be made, and making it.
final class PreprocessingJob {
    let folder: String
    private let options: Preprocessor.Options
    private let clips: [(clip: ClipSnapshot, caption: String, stem: String)]
    private let references: [(path: String, stem: String)]
    private var fingerprints: Fingerprints
    private let textModel: String, videoModel: String

    init(_ data: DatasetSnapshot, _ options: Preprocessor.Options, model: ModelFolder, dtype: DType) throws {
        self.options = options
        folder = Path.absolute(options.output ?? Path.join(data.folder, ".precomputed"))
        let chosen = data.clips.filter { !$0.isExcluded }
        guard !chosen.isEmpty else { throw PreprocessorError.noClips(data.metadataPath) }
        let bare = chosen.filter { ($0.caption ?? "").allSatisfy(\.isWhitespace) }
        guard bare.isEmpty else { throw PreprocessorError.noCaption(data.metadataPath, bare.map(\.mediaPath)) }
        let trigger = options.trigger ?? data.trigger
        var stems: [String: String] = [:]
        clips = try chosen.map { clip in
            guard Path.staysInside(clip.mediaPath) else {
                throw PreprocessorError.outside(data.metadataPath, clip.mediaPath)
            }
            let stem = String(clip.mediaPath.dropLast(Path.dottedExtension(clip.mediaPath).count))
            if let other = stems.updateValue(clip.mediaPath, forKey: stem) {
                throw PreprocessorError.sameName(data.metadataPath, other, clip.mediaPath)
            }
            return (clip, clip.trainingCaption(trigger: trigger) ?? "", stem)
        }
        references = clips.compactMap { clip, _, stem in clip.reference.map { ($0, stem) } }
        try Files.makeFolder(folder)
        fingerprints = Fingerprints(folder)
        textModel =
            "\(Fingerprints.model(model.part("text_encoder")))-\(Fingerprints.model(model.part("tokenizer")))-\(dtype)"
        let vae = model.checkpoint.map(Fingerprints.identity) ?? Fingerprints.model(model.part("vae"))
        videoModel = "\(vae)-\(dtype)"
    }

    private func isDue(_ file: String, _ fingerprint: String) -> Bool {
        options.force || !Files.exists(Path.join(folder, file)) || !fingerprints.isCurrent(file, fingerprint)
    }
    private func done(_ file: String, _ fingerprint: String) throws {
        fingerprints.set(file, fingerprint)
        try fingerprints.save()
    }

    // MARK: Captions

    func encodeCaptions(_ monitor: Monitor, _ lease: () throws -> ModelLease) throws {
        let due = clips.map {
            (
                file: "conditions/\($0.stem).pt", caption: $0.caption,
                mark: Fingerprints.hash("\($0.caption)|\(textModel)")
            )
        }.filter { isDue($0.file, $0.mark) }
        note(monitor, "captions", due.count)
        guard !due.isEmpty else { return }
        let held = try lease()
        guard case .textEncoder(let encoder) = held.model else { return }
        for start in stride(from: 0, to: due.count, by: options.batchSize) {
            try monitor.checkpoint()
            let batch = Array(due[start..<min(start + options.batchSize, due.count)])
            for (item, text) in zip(batch, try encoder.encode(batch.map(\.caption), masked: false)) {
                try write(
                    item.file,
                    TorchValue([
                        "prompt_embeds": .tensor(try text.embeddings.squeezed(0)),
                        "prompt_attention_mask": .tensor(try text.mask.squeezed(0)),
                    ]))
                try done(item.file, item.mark)
            }
            monitor.report(Progress("captions", start + batch.count, of: due.count, "captions"))
        }
    }

    // MARK: Videos

    func encodeVideos(_ monitor: Monitor, _ lease: () throws -> ModelLease) throws {
        let videos = clips.map { (path: $0.clip.path, file: "latents/\($0.stem).pt") }
        let all = videos + references.map { ($0.path, "reference_latents/\($0.stem).pt") }
        let due = all.map {
            (path: $0.path, file: $0.file, mark: "\(Fingerprints.identity($0.path))-\(options.size)-\(videoModel)")
        }.filter { isDue($0.file, $0.mark) }
        note(monitor, "videos", due.count, of: all.count)
        guard !due.isEmpty else { return }
        let held = try lease()
        guard case .vae(let vae) = held.model else { return }
        for (place, item) in due.enumerated() {
            try monitor.checkpoint()
            let file = try VideoFile(item.path)
            if let latents = try encode(file, vae, seed: Fingerprints.number(item.file)) {
                let fps = file.isImage ? 1 : file.fps
                try makeFolder(item.file)
                try LatentFile.write(
                    latents, grid: Self.grid(options.size, file), fps: fps, to: Path.join(folder, item.file))
                try done(item.file, item.mark)
            } else {
                Files.remove(Path.join(folder, item.file))
                monitor.note("'\(item.path)' is shorter than \(options.size.frames) frames: left out")
            }
            monitor.report(Progress("videos", place + 1, of: due.count, "clips"))
        }
    }

    /// Latents (tokens, channels), drawn from the posterior. The draw depends on the file's name alone, so that a
    /// dataset gives the same latents in any order.
    private func encode(_ file: VideoFile, _ vae: VideoVAE, seed: UInt64) throws -> Tensor? {
        let size = options.size
        let wanted = file.isImage ? try VideoSize(width: size.width, height: size.height, frames: 1) : size
        guard let video = try ClipTensor.read(file, size: wanted) else { return nil }
        return try vae.encodeVideo(video, generator: Generator(seed: seed, device: vae.device))
            .squeezed(0).to(.bfloat16)
    }
    private static func grid(_ size: VideoSize, _ file: VideoFile) -> LatentGrid {
        LatentGrid(frames: file.isImage ? 1 : size.grid.frames, height: size.grid.height, width: size.grid.width)
    }

    private func note(_ monitor: Monitor, _ what: String, _ due: Int, of all: Int? = nil) {
        let skipped = (all ?? clips.count) - due
        if skipped > 0 { monitor.note("\(what): \(skipped) up to date, \(due) to encode") }
    }
    private func write(_ file: String, _ value: TorchValue) throws {
        try makeFolder(file)
        try TorchFile.write(value, to: Path.join(folder, file))
    }
    private func makeFolder(_ file: String) throws { try Files.makeFolder(Path.folder(Path.join(folder, file))) }
}

/// A dataset that cannot be preprocessed as it is.
public enum PreprocessorError: UserError {
    case noClips(String)
    case noCaption(String, [String])
    case sameName(String, String, String)
    case outside(String, String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .noClips: "preprocess.empty"
        case .noCaption: "preprocess.no_caption"
        case .sameName: "preprocess.same_name"
        case .outside: "preprocess.outside"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .noClips(let path), .noCaption(let path, _), .sameName(let path, _, _), .outside(let path, _): path
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .noClips(let path): "'\(path)' has no clips to preprocess"
        case .noCaption(let path, let clips):
            "'\(path)': \(clips.count) clips have no caption "
                + "(\(clips.prefix(3).map { "'\($0)'" }.joined(separator: ", "))\(clips.count > 3 ? ", …" : "")); "
                + "write them (ds[i].caption = \"…\") or leave the clips out (ds[i].excluded = true)"
        case .sameName(let path, let one, let other):
            "'\(path)': '\(one)' and '\(other)' differ only in their extension and would be written to one file; "
                + "rename one"
        case .outside(let path, let clip): "'\(path)': '\(clip)' lies outside the dataset's folder; move it in"
        }
    }
}
