import Base
import LuaKit
import Media
import Workbench

/// `pipeline{}`.
var pipelineFunctions: LuaNamespace {
    LuaNamespace(globals: "From raw videos to a LoRA.") {
        $0.function(
            "pipeline",
            "From raw videos to a LoRA: split, caption, preprocess, train, export, each step as far as it is not done. The plan comes "
                + "first: what is done, what is stale, how long, how much disk; then each step, and what came of it. Call it again after "
                + "any failure, or Ctrl-C: it goes on there.",
            Arg<String>.path(
                "project", "a folder of videos, the name of a project in train_date, or BASENAME of a BASENAME_raw",
                .folder),
            Arg<PipelineChoices>.options(PipelineChoices(), PipelineChoices.all),
            Arg<PreprocessingOptions>.options(PreprocessingOptions(), PreprocessingOptions.shaping),
            Arg<SplitOptions>.options(SplitOptions(), DatasetScan.sceneOptions(\.scene)) {
                try DetectorParameters.check($1, for: $0.scene.detector)
            },
            Arg<Bool>.bool("dry", "only the plan: nothing is made, moved or loaded", default: false).named,
            Arg<Bool>.strict, Arg<Foreground>.foreground, Arg<Session>.session,
            example:
                "pipeline{ project = \"APT\", size = \"768x448x49\", template = \"ltxv_2b_lora_template\", rank = 32, captioner = \"kimi\" }",
            returns: "Pipeline"
        ) { (project, choices, sizing, split, dry, strict, work, session) -> PipelineReport in
            try work {
                try PipelineReport(
                    choices.pipeline(project, sizing, split, strict: strict, session, $0), isDry: dry, $0)
            }
        }
    }
}

/// The options of `pipeline{}` that are its own.
struct PipelineChoices {
    var size: [LuaSize]?
    var frames: Either<Int, FrameSelection.Mode>?
    var template: Either<Config, String>?
    var rank: Int?
    var model: String?, trigger: String?, prompt: String?, scenes: String?, output: String?, device: String?
    var captioner: Either<Captioner, String>?
    var splits = true, captions = true, preprocesses = true, trains = true
    var export: Either<Bool, String>?
    var uncaptioned = false, decode = false, in8bit = false, tiling = false

    private static let formats = ["comfyui", "diffusers", "kohya", "peft"]

    static var all: [LuaOption<Self>] {
        [
            .option("size", \.size, .sizes, "\"WxHxF\", or several, as for pre:run"),
            .option(
                "frames", \.frames, .either(.integer(min: 1, max: 1 << 15), .choice()),
                "frames of a size that has none; or which pictures: first, uniform, chunks, sliding, full"),
            .option(
                "template", \.template, .either(.object(), .string),
                "a Config, or the name of one in configs/, or a path; its places BASENAME and RANK are filled"),
            .option(
                "rank", \.rank, .integer(min: 1, max: 4096), "of the LoRA; the configuration's own, or 32 in a template"
            ),
            .option("model", \.model, .modelName, "the configuration's own when left out"),
            .option(
                "trigger", \.trigger, .string,
                "put before captions and sample prompts, once; the dataset's own when left out"),
            .option(
                "captioner", \.captioner, .either(.object(), .string),
                "who describes clips that have no caption: a Captioner, a model's folder, or a server such as \"kimi\" or \"ollama\""
            ),
            .option("prompt", \.prompt, .string, "what the captioner is asked"),
            .option(
                "split", \.splits, .bool,
                "cut videos into scenes; without it scenes that are there, or the videos themselves"),
            .option("caption", \.captions, .bool, "describe what has no caption"),
            .option("preprocess", \.preprocesses, .bool, "encode what is new or changed"),
            .option("train", \.trains, .bool, "train, or go on with a run that was stopped"),
            .option(
                "export", \.export, .either(.bool, .choice(formats)),
                "the spelling of the exported file; false for none, \"comfyui\" when left out and training is wanted"),
            .option("scenes", \.scenes, .path(.folder), "where the scenes go; beside the videos when left out"),
            .option("output", \.output, .path(.folder), "the folder of the run; the configuration's own when left out"),
            .option(
                "uncaptioned", \.uncaptioned, .bool, "take clips without a caption, as the trigger alone or as no words"
            ),
            .option("decode", \.decode, .bool, "decode what is encoded into decoded_videos, to look at"),
            .option("text_encoder_8bit", \.in8bit, .bool, "hold the text encoder in 8 bits while captions are encoded"),
            .option("vae_tiling", \.tiling, .bool, "encode large pictures tile by tile"),
            .option("device", \.device, .string, "cpu, cuda or cuda:N"),
        ]
    }

    /// What they mean. Throws what can be told before anything is done.
    func pipeline(
        _ project: String, _ sizing: PreprocessingOptions, _ split: SplitOptions, strict: Bool, _ session: Session,
        _ monitor: Monitor
    ) throws -> Pipeline {
        var options = Pipeline.Options(device: try session.device.chosen(device))
        let wanted: [(Pipeline.Step, Bool)] = [
            (.split, splits), (.caption, captions), (.preprocess, preprocesses), (.train, trains), (.export, exports),
        ]
        options.steps = Set(wanted.filter(\.1).map(\.0))
        options.split = split
        options.split.folder = scenes
        options.split.isStrict = strict
        options.preprocessing = try size.map { try preprocessing(sizing, $0, strict: strict) }
        (options.textQuantization, options.tiling) = (in8bit ? .int8 : .noChange, tiling)
        switch captioner {
        case .first(let captioner): options.describer = .captioner(captioner)
        case .second(let name): options.describer = .named(name)
        case nil: break
        }
        if let prompt { options.captions.prompt = prompt }
        switch template {
        case .first(let config):
            options.configuration = config.value.ranked(rank)
            options.keepsPrompts = true
        case .second(let name):
            options.configuration = try Pipeline.configuration(
                name, project: project, rank: rank, model: model, trigger: trigger, note: monitor.note)
        case nil: break
        }
        if let output { options.configuration?.outputDir = output }
        (options.model, options.trigger) = (model, trigger)
        if case .second(let name) = export, let format = LoRAFormat(rawValue: name) { options.format = format }
        return try Pipeline(project, options, among: session.datasets, monitor: monitor)
    }
    private var exports: Bool {
        switch export {
        case .first(let wanted): wanted
        case .second: true
        case nil: trains
        }
    }
    private func preprocessing(
        _ sizing: PreprocessingOptions, _ sizes: [LuaSize], strict: Bool
    ) throws -> Preprocessor.Options {
        var sizing = sizing
        switch frames {
        case .first(let count): sizing.lengths.append(count)
        case .second(let mode): sizing.mode = mode
        case nil: break
        }
        (sizing.uncaptioned, sizing.decode) = (uncaptioned, decode)
        return try sizing.options(sizes, isStrict: strict)
    }
}
