/// What is planned under a fixed name and is not there yet: whoever asks for it is told so, and what to do until then.
enum Unbuilt {
    /// One name as it is typed, and the sentence.
    struct Entry {
        let name: String
        /// What to do meanwhile.
        let instead: String
        var sentence: String { "\(name) is not built yet: \(instead)" }
    }

    private static let models =
        "put the model's folder, as Hugging Face has it, into models/; Models.check tells whether it is whole"
    static let entries: [Entry] = [
        .init(name: "pipeline", instead: "help() shows its steps, a line each"),
        .init(name: "Models.download", instead: models), .init(name: "Models.start_download", instead: models),
        .init(
            name: "Exporter.kohya",
            instead: "Exporter.comfyui writes what ComfyUI reads, Exporter.diffusers what diffusers reads"),
        .init(name: "Exporter.peft", instead: "Exporter.diffusers writes what diffusers and PEFT read"),
        .init(
            name: "Exporter.merge", instead: "Exporter.comfyui(run, \"my_lora.safetensors\") gives the LoRA for itself"),
        .init(name: "Exporter.resize", instead: "train with the lower lora.rank"),
        .init(
            name: "Exporter.publish",
            instead: "Exporter.diffusers(run, \"my_lora.safetensors\") makes the file to upload"),
        .init(name: "Run.report", instead: "run:plot(\"loss.png\") draws the loss, run.history has the numbers"),
        .init(name: "Preprocessor.start", instead: "pre:run(ds, { size = \"768x448x89\" }) does it in the foreground"),
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
