/// What is planned under a fixed name and is not there yet: whoever asks for it is told so, and what to do until then.
enum Unbuilt {
    /// One name as it is typed, and the sentence.
    struct Entry {
        let name: String
        /// What to do meanwhile.
        let instead: String
        var sentence: String { "\(name) is not built yet: \(instead)" }
    }

    static let entries: [Entry] = [
        .init(
            name: "pipeline", instead: "scripts/run_pipeline.lua goes from raw videos to a LoRA; help() shows its steps"
        ),
        .init(
            name: "Preprocessor.run.decode",
            instead: "pre:decode(pc, 1, \"look.mp4\") shows one clip as the VAE sees it"),
        .init(name: "Preprocessor.run.references", instead: "ds:references{ kind = \"canny\" } makes the videos"),
        .init(name: "Preprocessor.load.quantization", instead: "dtype = \"bf16\" takes half of fp32"),
    ]

    /// The sentence for a name, with a dot or a colon before its last part.
    static func sentence(_ name: String) -> String? {
        let name = name.replacing(":", with: ".")
        return entries.first { $0.name == name }?.sentence
    }
}
