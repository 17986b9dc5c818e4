import Base
import Media
import Torch

/// What tells the parts of models apart that preprocessing uses, wherever they lie: copies are equal.
enum ModelIdentity {
    /// T5 and its tokenizer.
    static func text(_ model: ModelFolder) -> String {
        "folder:" + Fingerprints.hash(folder(model.part("text_encoder")) + folder(model.part("tokenizer")))
    }
    /// The VAE; of a single file the names and shapes of its weights, for the file's other weights say nothing of it.
    static func video(_ model: ModelFolder) -> String {
        guard let checkpoint = model.checkpoint else { return "folder:" + Fingerprints.hash(folder(model.part("vae"))) }
        let entries = (try? Safetensors.File(checkpoint))?.header.entries.filter { $0.name.hasPrefix("vae.") } ?? []
        return "file:" + Fingerprints.hash(entries.map { "\($0.name)\($0.shape)\($0.dtype)" }.sorted().joined())
    }
    /// Whether two identities are of two models: a folder and a single file may hold the same weights.
    static func differ(_ one: String, _ other: String) -> Bool {
        one != other && one.prefix { $0 != ":" } == other.prefix { $0 != ":" }
    }

    private static func folder(_ path: String) -> String {
        let names = ((try? Files.list(path)) ?? []).filter { !$0.hasPrefix(".") && $0 != "config.json" }
        return names.map { "\($0):\((try? FileIdentity(Path.join(path, $0)).content) ?? "")" }.joined(separator: ";")
    }
}
