import Base
import LTXVideo
import NN
import Torch

/// The embedding of no words, which a clip is trained with when its caption is dropped: `empty_caption.pt` beside `conditions`.
struct EmptyCaption: Sendable {
    /// In the folder; not below `conditions`, where other trainers would take it for a clip's.
    static let file = "empty_caption.pt"
    /// (tokens, width), and (tokens) of bool.
    private let text: HandedOver<(embeddings: Tensor, mask: Tensor)>
    private let path: String

    /// Reads that of a folder of preprocessed clips. Throws `FileError`, or `PrecomputedError` for a file of another shape.
    init(of data: Precomputed) throws {
        path = Self.path(data)
        text = HandedOver(try ConditionFile.read(path))
    }
    static func path(_ data: Precomputed) -> String { Path.join(data.path, file) }

    /// The clip without its caption. Throws `PrecomputedError` where its own embedding is another model's.
    func replacing(_ sample: TrainingSample) throws -> TrainingSample {
        let (embeddings, mask) = text.value, tokens = sample.text.size(0)
        guard embeddings.size(0) >= tokens, embeddings.size(1) == sample.text.size(1) else {
            throw PrecomputedError.shape(
                path,
                "has shape \(embeddings.shape), the caption of '\(sample.name)' has \(sample.text.shape): "
                    + "remove it and preprocess again (pre:run(ds, …))")
        }
        // The rest is padding.
        return TrainingSample(
            name: sample.name, latents: sample.latents, reference: sample.reference, grid: sample.grid, fps: sample.fps,
            text: try embeddings.slice(0, 0..<tokens).to(sample.text.dtype), textMask: try mask.slice(0, 0..<tokens),
            remark: sample.remark)
    }

    /// Encodes it where that is due, and keeps it. `record` says what it is of.
    static func encode(_ encoder: CaptionEncoder, mark: String, to folder: String, _ record: inout Fingerprints) throws
    {
        guard let text = try encoder.encode([""], masked: false).first else { return }
        try ConditionFile.write(text, to: Path.join(folder, file))
        record[file] = Provenance(mark: mark, dataset: nil, content: nil, stamp: nil)
    }
    /// What it depends on.
    static func mark(_ textModel: String) -> String { Fingerprints.hash("|\(textModel)") }
}
