import Base
import Configuration
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
            Arg<Config>.object("cfg", Config.self, "what to train"), stepHook, checkpointHook, validationHook,
            progressFlag, strictFlag, refreshFlag,
            example: "run = tr:train(cfg, { on_step = function(s) return s.loss > 0.01 end })"
        ) { (trainer, config, onStep, onCheckpoint, onValidation, progress, strict, refresh) -> Run in
            try trainer.requireNobodyPaused()
            return try RunJob.wait(
                for: trainer.start(config.value, isStrict: strict, refreshes: refresh),
                RunHooks(onStep: onStep, onCheckpoint: onCheckpoint, onValidation: onValidation),
                showsProgress: progress)
        }
        trainer.method(
            "start", "Trains in the background: the prompt stays yours.",
            Arg<Config>.object("cfg", Config.self, "what to train"),
            stepHook, checkpointHook, validationHook, strictFlag, refreshFlag, Arg<Session>.session,
            example: "run = tr:start(cfg, { refresh = true })"
        ) { (trainer, config, onStep, onCheckpoint, onValidation, strict, refresh, session) -> Run in
            let run = try trainer.start(config.value, isStrict: strict, refreshes: refresh)
            RunJob.follow(
                run, RunHooks(onStep: onStep, onCheckpoint: onCheckpoint, onValidation: onValidation), on: session.jobs)
            return run
        }
        trainer.method(
            "sweep",
            "Trains a run for each combination of values, one after the other on the model in memory. Returns a table that compares "
                + "them.",
            Arg<Config>.object("cfg", Config.self, "what is the same for all"),
            Arg(
                "values",
                .table.offering {
                    $0.isEmpty ? TrainingConfiguration.keys.map { MemberInfo("[\"\($0.path)\"]", type: "list") } : []
                },
                "lists of values by dotted key"), progressFlag,
            example:
                "tr:sweep(cfg, { [\"optimization.learning_rate\"] = { 1e-4, 2e-4 }, [\"lora.rank\"] = { 16, 32 } })"
        ) { try TrainerRuns.sweep($0, $1, $2, showsProgress: $3) }
        trainer.function(
            "compare", "A table of the runs of this session: what differs between them, and how they do.",
            example: "print(Trainer.compare())"
        ) { TrainerRuns.table(RunList.session.all) }
        trainer.method(
            "resume",
            "Goes on in the background with the run of an output folder, as if it had never stopped; a Config changes rate, steps, "
                + "intervals and the like.",
            .path("dir", "an output folder", .folder),
            .optional(.object("cfg", Config.self, "other settings than it had")),
            stepHook, checkpointHook, validationHook, .session, example: "run = tr:resume(\"outputs/APT_lora_r32\")"
        ) { (trainer, folder, config, onStep, onCheckpoint, onValidation, session) -> Run in
            let run = try trainer.resume(folder, config?.value)
            RunJob.follow(
                run, RunHooks(onStep: onStep, onCheckpoint: onCheckpoint, onValidation: onValidation), on: session.jobs)
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
        let output = Arg<String?>.optional(
            .path("output", "an .mp4, or a .png for one frame; nil counts up in outputs/samples"))
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
private var validationHook: Arg<LuaReference?> {
    Arg.optional(
        Arg<LuaReference>.callback(
            "on_validation", "called with the paths of the videos of a step and the run; return false to stop",
            "fun(paths: string[], run: Run): boolean?")
    ).named
}
private var strictFlag: Arg<Bool> {
    Arg.bool("strict", "refuse what has changed since it was preprocessed", default: false).named
}
private var refreshFlag: Arg<Bool> {
    Arg.bool(
        "refresh", "encode captions that have changed since they were preprocessed first", default: false
    ).named
}
private var progressFlag: Arg<Bool> {
    Arg.bool("progress", "show a progress line", default: true).named
}

extension VideoSize {
    /// A size as scripts write it; frames are 1 when they are left out.
    init(_ size: LuaSize) throws {
        do { try self.init(width: size.width, height: size.height, frames: size.frames ?? 1) } catch VideoSizeError
            .unfit
            where size.frames == nil
        {
            throw VideoSizeError.unfit(width: size.width, height: size.height, frames: nil)
        }
    }
}
