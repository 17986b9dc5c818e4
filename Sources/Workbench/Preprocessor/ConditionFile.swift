import Base
import LTXVideo
import Torch

/// The embedding of a caption on the disk, as training reads it.
enum ConditionFile {
    /// Throws `FileError`, `TorchError`.
    static func write(_ text: TextCondition, to path: String) throws {
        try Files.makeFolder(Path.folder(path))
        try TorchFile.write(
            TorchValue([
                "prompt_embeds": .tensor(try text.embeddings.squeezed(0)),
                "prompt_attention_mask": .tensor(try text.mask.squeezed(0)),
            ]), to: path)
    }
    /// (tokens, width), and (tokens) of bool. Throws `FileError`, `TorchFileError`, or `PrecomputedError` for a file of another
    /// shape.
    static func read(_ path: String) throws -> (embeddings: Tensor, mask: Tensor) {
        let text = try TorchFile.read(path)
        guard let embeddings = text["prompt_embeds"]?.tensor, let mask = text["prompt_attention_mask"]?.tensor,
            embeddings.rank == 2, mask.shape == [embeddings.size(0)]
        else {
            throw PrecomputedError.shape(
                path, "needs prompt_embeds (tokens, width) and prompt_attention_mask (tokens)")
        }
        return (embeddings, try mask.to(.bool))
    }
}
