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
}
