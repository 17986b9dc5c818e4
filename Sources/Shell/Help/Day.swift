/// The daily work in lines that run as they stand, in a folder with videos in `train_date/APT` and the configurations of `configs/`.
enum Day {
    /// What is to be done, and the lines for it.
    struct Task {
        let name: String
        let lines: [String]
    }
    static let tasks: [Task] = [
        .init(name: "Look at clips", lines: ["ds = Dataset.open(\"train_date/APT\")", "ds, ds[1], ds:check()"]),
        .init(name: "Cut into scenes", lines: ["scenes = ds:split()"]),
        .init(
            name: "Write captions",
            lines: [
                "scenes[1].caption = \"a red bicycle on a bridge\"",
                "for clip in scenes do clip.caption = clip.caption or \"a bridge\" end",
            ]),
        .init(
            name: "Preprocess",
            lines: [
                "model = Models.make_tiny(\"models/tiny\")", "pre = Preprocessor.load{ model = model }",
                "pc = pre:run(scenes, { size = \"64x64x9\" })",
            ]),
        .init(
            name: "Train",
            lines: [
                "cfg = Config.template(\"tiny\")", "cfg.data.preprocessed_data_root = pc", "tr = Trainer.load(cfg)",
                "run = tr:start(cfg)", "run:set{ learning_rate = 5e-4 }", "run:wait()", "run:plot()",
            ]),
        .init(
            name: "Sample",
            lines: ["tr:sample{ prompt = \"a red bicycle\", size = \"64x64x9\", steps = 4, lora = run }"]),
        .init(name: "Use the result", lines: ["Exporter.comfyui(run, \"outputs/my_lora.safetensors\")"]),
    ]
    /// What a beginner asks next.
    static let note =
        "models/tiny is a random model to learn with. A real one is used the same way: its folder goes into models/, its "
        + "configuration is Config.template(\"ltxv_2b_lora_template\", { BASENAME = \"APT\", RANK = 32 })."
}
