import Base
import LuaKit
import Torch
import Workbench

extension Trainer: LuaObject {
    /// The declaration of `Trainer`.
    public static var luaClass: LuaClass<Trainer> {
        LuaClass(
            "A base model in memory: trains LoRAs on it and samples from it, again and again without loading it anew."
        ) {
            declareTraining($0)
            declareSampling($0)
            $0.property("model", "The model's folder.") { $0.model.path }
            $0.property("device", "Where it is.") { $0.device.description }
            $0.property("dtype", "Its number format.") { $0.dtype.description }
            $0.property("quantization", "What the frozen weights of its blocks are kept in; nil as dtype says.") {
                $0.quantization
            }
            $0.description {
                let format = [$0.dtype.description, $0.quantization, $0.device.description].compactMap(\.self)
                return SafeText.line("Trainer on \($0.model.path) (\(format.joined(separator: ", ")))")
            }
        }
    }

    private static func declareTraining(_ trainer: LuaClass<Trainer>) {
        trainer.function(
            "load", "Loads the base model that a configuration or a table of options names.",
            Arg<TrainerSource>(
                "source", .trainerSource, "a Config, or { model = …, device = …, dtype = …, quantization = … }"),
            .session, example: "tr = Trainer.load(Config.load(\"configs/ltxv_2b_lora.yaml\"))"
        ) { source, session in try source.load(session.device) }
        trainer.method(
            "train", "Trains in the foreground and returns the run. Ctrl-C stops it after its step and saves.",
            Arg<Config>.object("cfg", Config.self, "what to train"), stepHook, checkpointHook, progressFlag,
            example: "run = tr:train(cfg, { on_step = function(s) return s.loss > 0.01 end })"
        ) { (trainer, config, onStep, onCheckpoint, progress) -> Run in
            try RunJob.wait(
                for: trainer.start(config.value), RunHooks(onStep: onStep, onCheckpoint: onCheckpoint),
                showsProgress: progress)
        }
        trainer.method(
            "start", "Trains in the background: the prompt stays yours.",
            Arg<Config>.object("cfg", Config.self, "what to train"),
            stepHook, checkpointHook, Arg<Session>.session, example: "run = tr:start(cfg)"
        ) { (trainer, config, onStep, onCheckpoint, session) -> Run in
            let run = try trainer.start(config.value)
            RunJob.follow(run, RunHooks(onStep: onStep, onCheckpoint: onCheckpoint), on: session.jobs)
            return run
        }
        trainer.method(
            "unload", "Forgets a part of the model, or all of it. Returns what went.",
            Arg<String>.choice("part", "which part", unloadable, default: "all")
        ) { (trainer, part) -> [String] in
            try trainer.unload(part == "all" ? nil : PartName(rawValue: part)).map { $0.description }
        }
    }

    private static func declareSampling(_ trainer: LuaClass<Trainer>) {
        let size = Arg<LuaSize>.size(
            "size", "multiples of 32 pixels, frames 8·n + 1", default: LuaSize(width: 704, height: 480, frames: 25))
        let output = Arg<String>.path("output", "an .mp4, or a .png for one frame", default: "outputs/sample.mp4")
        let choices = Arg<SampleOptions.Choices>.options(SampleOptions.Choices(), SampleOptions.Choices.luaOptions)
        trainer.method(
            "sample", "Generates a video, with or without a LoRA, and returns its path.",
            Arg<String>.string("prompt", "what to show"), size.named, output.named, choices,
            Arg<Bool>.bool("preview", "draw four of its frames in the terminal", default: false).named,
            Arg<Foreground>.foreground,
            example: "tr:sample{ prompt = \"a red car\", size = \"768x448x89\", lora = run.output_dir, preview = true }"
        ) { (trainer, prompt, size, output, choices, preview, work) -> String in
            let options = SampleOptions(prompt: prompt, size: try VideoSize(size), output: output, choices: choices)
            let path = try work { try trainer.sample(options, monitor: $0) }
            if preview { Pictures.preview(path) }
            return path
        }
    }
}

extension Trainer {
    fileprivate var quantization: String? {
        options.quantization == .noChange ? nil : options.quantization.rawValue
    }
}

private let unloadable: [String] = ["all"] + PartName.all.map { $0.rawValue }

private var stepHook: Arg<LuaReference?> {
    Arg.optional(
        Arg<LuaReference>.callback(
            "on_step", "called after each update; return false to stop", "fun(step: table, run: Run): boolean?")
    ).named
}
private var checkpointHook: Arg<LuaReference?> {
    Arg.optional(
        Arg<LuaReference>.callback(
            "on_checkpoint", "called after each saved file; return false to stop",
            "fun(path: string, run: Run): boolean?")
    ).named
}
private var progressFlag: Arg<Bool> {
    Arg.bool("progress", "show a progress line", default: true).named
}

extension VideoSize {
    /// A size as scripts write it; frames are 1 when they are left out.
    init(_ size: LuaSize) throws { try self.init(width: size.width, height: size.height, frames: size.frames ?? 1) }
}

extension SampleOptions.Choices {
    fileprivate static var luaOptions: [LuaOption<SampleOptions.Choices>] {
        [
            .option("negative", \.negative, .string, "what not to show"),
            .option("steps", \.steps, .integer(min: 1, max: 1000), "denoising steps"),
            .option("guidance", \.guidance, .number(min: 1, max: 100), "guidance scale; 1 is none"),
            .option("seed", \.seed, .integer, "seed of the noise"),
            .option("lora", \.lora, .checkpoint, "a LoRA file, a run, or its folder"),
            .option("strength", \.loraStrength, .number(min: -10, max: 10), "how strongly the LoRA is applied"),
            .option("image", \.image, .path(), "a picture that becomes the first frame"),
            .option("reference", \.reference, .path(), "a video to follow (IC-LoRA)"),
            .option("fps", \.fps, .number(max: 1000, above: 0), "frames a second of the file"),
        ]
    }
}
