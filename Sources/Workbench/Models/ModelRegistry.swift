import Configuration
import Base
import Hub

/// A model that is published, with what one wants to know before gigabytes are fetched.
public struct PublishedModel: Sendable {
    /// What configurations and people call it.
    public let name: String
    /// Where it is published.
    public let repository: String
    /// Patterns of the files that belong to it; empty for all of the repository.
    public let files: [String]
    /// The file that is the model, for one that is published as a single file.
    public let checkpoint: String?
    /// Bytes of all its files, about: what is fetched is told exactly before it begins.
    public let byteCount: Int
    /// What it is good for, in a few words.
    public let purpose: String

    /// Where it is put below `models`, and where the model is then.
    func folder(in models: String) -> String { Path.join(models, Path.name(repository)) }
    func path(in models: String) -> String {
        checkpoint.map { Path.join(folder(in: models), $0) } ?? folder(in: models)
    }
}

/// The models that are known by name: those of LTX-Video (the files as published, `Lightricks/LTX-Video` and its siblings), the text
/// encoder that they share, and those that describe clips.
public enum ModelRegistry {
    /// Every one, in the order in which they are listed.
    public static let all: [PublishedModel] =
        video + [
            PublishedModel(
                name: "T5", repository: "Lightricks/LTX-Video", files: encoder, checkpoint: nil,
                byteCount: encoderBytes,
                purpose: "the text encoder alone, for single files from elsewhere"),
            PublishedModel(
                name: "Qwen2.5-VL-7B", repository: "Qwen/Qwen2.5-VL-7B-Instruct", files: [], checkpoint: nil,
                byteCount: 16_600_000_000, purpose: "describes clips (Captioner.load)"),
            PublishedModel(
                name: "Qwen2.5-VL-3B", repository: "Qwen/Qwen2.5-VL-3B-Instruct", files: [], checkpoint: nil,
                byteCount: 7_520_000_000, purpose: "describes clips, in less memory"),
        ]
        + [
            ("2B", 4_260, "describes clips, the smallest that does"), ("4B", 8_880, "describes clips"),
            ("8B", 17_540, "describes clips, the largest of its family here"),
        ]
        .map { size, megabytes, purpose in
            PublishedModel(
                name: "Qwen3-VL-\(size)", repository: "Qwen/Qwen3-VL-\(size)-Instruct", files: [], checkpoint: nil,
                byteCount: megabytes * 1_000_000, purpose: purpose)
        } + [
            PublishedModel(
                name: "LLaVA-NeXT-Video-7B", repository: "llava-hf/LLaVA-NeXT-Video-7B-hf", files: [], checkpoint: nil,
                byteCount: 14_130_000_000, purpose: "describes clips, as upstream's trainer does")
        ]

    private static let encoder = ["text_encoder/*", "tokenizer/*"]
    private static let encoderBytes = 19_050_000_000
    private static let parts = ["model_index.json", "scheduler/*", "transformer/*", "vae/*"] + encoder

    private static let video: [PublishedModel] = [
        folder(.v090, "Lightricks/LTX-Video", 28_400, "2B, the first; fp32"),
        folder(.v091, "Lightricks/LTX-Video-0.9.1", 24_800, "2B; a decoder with timesteps"),
        folder(.v095, "Lightricks/LTX-Video-0.9.5", 28_900, "2B for training on 16 GB and more"),
        file(.v096Dev, "ltxv-2b-0.9.6-dev-04-25.safetensors", 6_340, "2B, newer than 0.9.5: the small one to train"),
        file(.v096Distilled, "ltxv-2b-0.9.6-distilled-04-25.safetensors", 6_340, "2B, samples in 8 steps"),
        folder(.v097Dev, "Lightricks/LTX-Video-0.9.7-dev", 47_700, "13B, the default of the configurations"),
        folder(.v097Distilled, "Lightricks/LTX-Video-0.9.7-distilled", 47_700, "13B, samples in few steps"),
        file(.v098Dev, "ltxv-13b-0.9.8-dev.safetensors", 28_600, "13B; the weights of 0.9.7-dev, byte for byte"),
        folder(.v098Distilled, "Lightricks/LTX-Video-0.9.8-13B-distilled", 47_700, "13B, samples in few steps"),
        file(.v098Distilled2B, "ltxv-2b-0.9.8-distilled.safetensors", 6_340, "2B, samples in few steps"),
        fp8("ltxv-2b-0.9.8-distilled-fp8.safetensors", 4_460, "2B, frozen weights in 8 bits"),
        fp8("ltxv-13b-0.9.8-dev-fp8.safetensors", 15_700, "13B, frozen weights in 8 bits"),
    ]
    private static func folder(_ version: ModelVersion, _ repository: String, _ megabytes: Int, _ purpose: String)
        -> PublishedModel
    {
        PublishedModel(
            name: version.rawValue, repository: repository, files: parts, checkpoint: nil,
            byteCount: megabytes * 1_000_000,
            purpose: purpose)
    }
    private static func file(_ version: ModelVersion, _ file: String, _ megabytes: Int, _ purpose: String)
        -> PublishedModel
    {
        PublishedModel(
            name: version.rawValue, repository: "Lightricks/LTX-Video", files: [file] + encoder, checkpoint: file,
            byteCount: megabytes * 1_000_000 + encoderBytes, purpose: purpose)
    }
    private static func fp8(_ file: String, _ megabytes: Int, _ purpose: String) -> PublishedModel {
        PublishedModel(
            name: Path.stem(file), repository: "Lightricks/LTX-Video", files: [file] + encoder, checkpoint: file,
            byteCount: megabytes * 1_000_000 + encoderBytes, purpose: purpose)
    }

    /// The model of a name, a version name or a published file's name, whatever its case and punctuation.
    public static func find(_ name: String) -> PublishedModel? {
        let letters = ModelVersion.letters(name)
        return all.first { ModelVersion.letters($0.name) == letters }
            ?? all.first { $0.checkpoint.map { ModelVersion.letters($0) == letters } ?? false }
    }

    /// What the published single files hold (SHA-256), for those that came without a note of it.
    static let sums: [String: String] = [
        "ltx-video-2b-v0.9.safetensors": "45369c2ae94e3949b127ef99ca9fe173b077f1ca0fecf8185e4115afcbc09581",
        "ltx-video-2b-v0.9.5.safetensors": "720d15c9f19f7d0f6b2a92bbbc34410e2cfb2f6856a100b38f734fbf973d4adf",
        "ltxv-2b-0.9.6-distilled-04-25.safetensors": "94891bd4bd08de30d484befbfc54fdcffe6d1596a131baad700b9baa5e1de86b",
        "ltxv-2b-0.9.8-distilled-fp8.safetensors": "d6d8fa8ed3a98346787c2503ac80fb5d7cebcf80e356b79a2ba361fbadf97e15",
        "ltxv-13b-0.9.7-dev.safetensors": "56b39a874ef9d0c7ad4099954f0ee4fa7e600ce83a24b3736f9e12223e7c71be",
        "ltxv-13b-0.9.8-dev.safetensors": "56b39a874ef9d0c7ad4099954f0ee4fa7e600ce83a24b3736f9e12223e7c71be",
        "ltxv-13b-0.9.7-distilled.safetensors": "ae3b07c28f19e8eec97345e5d0142aca88a105e2e4fd581ec68e4efb17679943",
        "ltxv-13b-0.9.8-distilled.safetensors": "2c5f814744f04d8118e0b5bbfc0742655b51e41a6c090da66fde2936d651a9c9",
        "ltxv-13b-0.9.8-dev-fp8.safetensors": "b281bbb53b76d25a02285c148212b32daa6a57dfa46ce804c9bddba46f948c94",
    ]

    /// One row of the list of models.
    public struct Row: Sendable {
        /// What it is called.
        public let name: String
        /// Bytes, about; nil for one that is on the disk alone.
        public let byteCount: Int?
        /// What it is good for; nil for one that nobody knows.
        public let purpose: String?
        /// Where it is; nil for one that is not on the disk.
        public let path: String?
    }
    /// The published models, with where those are that are on the disk, and then the other whole models below `models`.
    public static func rows(models: String = "models") -> [Row] {
        var others = ModelFolder.all(in: models).map { Path.join(models, $0) }
        let known = all.map { model -> Row in
            var path = try? ModelFolder(finding: model.name, models: models).identity
            let place = model.path(in: models)
            if path == nil, model.checkpoint == nil, model.files != encoder,
                Files.exists(Path.join(place, "config.json"))
            {
                path = place
            }
            if model.files == encoder {
                path = encoder.allSatisfy { Files.isFolder(Path.join(place, Path.folder($0))) } ? place : nil
            }
            others.removeAll { Path.absolute($0) == path.map(Path.absolute) }
            return Row(name: model.name, byteCount: model.byteCount, purpose: model.purpose, path: path)
        }
        return known + others.map { Row(name: Path.name($0), byteCount: nil, purpose: nil, path: $0) }
    }
}
