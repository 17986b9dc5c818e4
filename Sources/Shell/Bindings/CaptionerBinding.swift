import Base
import Configuration
import LuaKit
import VisionLanguage
import Workbench

extension Captioner: LuaObject {
    /// The declaration of `Captioner`.
    public static var luaClass: LuaClass<Captioner> {
        LuaClass("Describes clips: a model in memory, or a server that speaks OpenAI's format.") {
            declareModels($0)
            declareServers($0)
            declareCaptioning($0)
            declareQuestions($0)
            declareMemory($0)
            $0.property("title", "The model and where it is.") { $0.title }
            $0.description { SafeText.line("Captioner: \($0.title)") }
        }
    }

    private static func declareModels(_ it: LuaClass<Captioner>) {
        it.function(
            "load",
            "Loads a vision-language model out of a Hugging Face folder: LLaVA-NeXT-Video, Qwen2.5-VL or Qwen3-VL.",
            Arg<String>.path("model", "a folder, or its name under models/", .folder).named,
            Arg<String?>.optional(.string("device", "cpu, cuda or cuda:N")).named,
            Arg<String?>.optional(Arg("dtype", .dtype, "the number format")).named,
            Arg.choice("quantization", "what most weights are kept in", Quantization.self, default: .noChange).named,
            Arg<Int?>.optional(.integer("batch", "clips at a time; 4 on a GPU, else 1", min: 1, max: 64)).named,
            Arg<Compatibility?>.optional(
                Arg("compat", .choice(), "whose habits it takes on: transformers 4.52's, or 5's")
            ).named, Arg<Session>.session,
            example: "cap = Captioner.load{ model = \"models/Qwen2.5-VL-7B-Instruct\", quantization = \"int4-quanto\" }"
        ) { model, device, dtype, quantization, batch, compatibility, session in
            try ForegroundWork.run {
                try Captioner.load(
                    model, dtype: SessionDevice.dtype(dtype), quantization: quantization,
                    device: session.device.chosen(device), batch: batch, compatibility: compatibility, monitor: $0)
            }
        }
    }

    private static func declareMemory(_ it: LuaClass<Captioner>) {
        it.method(
            "unload", "Forgets the model in memory; the next question loads it again. Returns what went."
        ) { (captioner) -> [String] in try captioner.unload().map(\.description) }
    }

    private static func declareServers(_ it: LuaClass<Captioner>) {
        it.function(
            "api", "A server with a vision model behind OpenAI's chat completions. Asks nothing yet.",
            Arg<APIOptions>.options(APIOptions(), presetOption + APIOptions.luaOptions),
            example: "cap = Captioner.api{ endpoint = \"http://127.0.0.1:8000/v1\", model = \"qwen\" }"
        ) { options in try ForegroundWork.run { try Captioner.api(options, monitor: $0) } }
        it.function(
            "kimi", "KIMI (Moonshot), with the key in MOONSHOT_API_KEY, KIMI_API_KEY or the file api_key.txt.",
            Arg<APIOptions>.options(kimiDefaults, regionOption + APIOptions.luaOptions),
            example: "cap = Captioner.kimi{ region = \"ai\" }"
        ) { options in try ForegroundWork.run { try Captioner.api(options, monitor: $0) } }
        it.example("cap = Captioner.api{ preset = \"ollama\", model = \"qwen2.5vl\" }\ncap:check()\ncap:caption(ds)")
    }

    private static func declareCaptioning(_ it: LuaClass<Captioner>) {
        it.method(
            "caption",
            "Captions what has no caption, each kept as it comes; Ctrl-C keeps what is done. With dry it only says what it "
                + "would take. Returns {written, skipped, failed, suspect, usage}.",
            subject, promptOption, Arg<CaptionOptions>.options(CaptionOptions(), CaptionOptions.luaOptions),
            Arg<Bool>.bool(
                "dry", "ask nobody; return {clips, skipped, failed, frames, input, output, price, minutes}",
                default: false
            )
            .named,
            Arg<Bool>.bool("progress", "show a progress line", default: true).named, Arg<Session>.session,
            example:
                "cap:caption(ds, { prompt = \"Describe {name}.\", trigger = ds.trigger, avoid = { \"red cloak\" } })",
            returns: "table"
        ) { (captioner, subject, prompt, options, dry, progress, session) -> LuaTable in
            if dry { return try captioner.dry(subject.dataset, options, prompt) }
            return try CaptionJob.wait(
                for: captioner.start(subject.dataset, options, prompt, session), showsProgress: progress,
                on: session.jobs)
        }
        it.method(
            "start", "Captions in the background: the prompt, and the other captions, stay yours.",
            subject, promptOption, Arg<CaptionOptions>.options(CaptionOptions(), CaptionOptions.luaOptions),
            Arg<Session>.session, example: "job = cap:start(ds)"
        ) { (captioner, subject, prompt, options, session) -> CaptionRun in
            let run = try captioner.start(subject.dataset, options, prompt, session)
            session.jobs.add(CaptionJob(run))
            return run
        }
    }

    private static func declareQuestions(_ it: LuaClass<Captioner>) {
        it.method(
            "ask", "Asks about one clip; changes nothing.",
            Arg<Either<Clip, String>>("clip", .either(.object(), .path()), "a clip, or the path of a video or image"),
            Arg<String>.string("question", "what to ask"),
            Arg<Double?>.optional(.number("fps", "frames a second to look at", max: 1000, above: 0)).named,
            Arg<Int>.integer("max_new_tokens", "how long the answer may be", default: 200, min: 1, max: 100_000).named,
            Arg<Double?>.optional(.number("temperature", "how freely it answers", min: 0, max: 2)).named,
            Arg<Foreground>.foreground, example: "cap:ask(ds[1], \"What colour is the boat?\")"
        ) { (captioner, clip, question, fps, tokens, temperature, work) -> String in
            try work {
                try captioner.ask(
                    clip.path, question, fps: fps, maxNewTokens: tokens, temperature: temperature, monitor: $0)
            }
        }
        it.method(
            "check",
            "Shows the model a picture of two colours and asks for them: proves that it sees, and what a question takes.",
            Arg<Foreground>.foreground, returns: "table"
        ) { (captioner, work) -> LuaTable in try work { try captioner.check(monitor: $0) }.table }
    }

    private typealias Prompt = Either<String, LuaReference>?

    private static var subject: Arg<Either<Dataset, Clip>> {
        Arg("clips", .either(.object(), .object()), "a dataset, a view of one, or one clip")
    }
    private static var promptOption: Arg<Either<String, LuaReference>?> {
        .optional(
            Arg(
                "prompt", .either(.string, .callback("fun(clip: Clip): string?")),
                "the instruction, with {name} {caption} {tags} {trigger} {duration} {fps} {folder}; or a function of the clip"
            )
        ).named
    }
    private func start(
        _ dataset: Dataset, _ options: CaptionOptions, _ prompt: Prompt, _ session: Session
    ) throws -> CaptionRun {
        try start(
            dataset, options.with(prompt), device: session.device.chosen(nil), prompt: Self.function(prompt))
    }
    private func dry(_ dataset: Dataset, _ options: CaptionOptions, _ prompt: Prompt) throws -> LuaTable {
        let plan = try estimate(dataset, options.with(prompt), prompt: Self.function(prompt))
        return LuaTable(fields: [
            ("clips", .integer(plan.estimate.clips)), ("skipped", .integer(plan.skipped)),
            ("failed", plan.failed.map(\.table).luaValue),
            ("frames", .integer(plan.estimate.frames)), ("input", .integer(plan.estimate.input)),
            ("output", .integer(plan.estimate.output)), ("price", plan.estimate.price.luaValue),
            ("minutes", .number((plan.minutes * 10).rounded() / 10)),
        ])
    }
    private static func function(_ prompt: Prompt) -> ((Clip) throws -> String?)? {
        guard case .second(let function) = prompt else { return nil }
        return { clip in
            let said = try function.call(clip.luaValue).first ?? .none
            guard said.isNil || said.string != nil else {
                throw LuaArgumentError(
                    argument: "prompt", message: "'prompt' must return a text for '\(clip.name)', got \(said.shown)")
            }
            return said.string
        }
    }
}

private let kimiDefaults: Captioner.APIOptions = {
    var options = Captioner.APIOptions()
    options.preset = "kimi"
    return options
}()
private var presetOption: [LuaOption<Captioner.APIOptions>] {
    [.option("preset", \.preset, .choice(Captioner.presets), "a kind of server of which address and habits are known")]
}
private var regionOption: [LuaOption<Captioner.APIOptions>] {
    [.option("region", \.region, .choice(Captioner.regions), "the platform that the key is of: cn (the usual) or ai")]
}

extension Captioner.APIOptions {
    fileprivate static var luaOptions: [LuaOption<Self>] {
        [
            .option("endpoint", \.endpoint, .string, "the address that /chat/completions is below"),
            .option("model", \.model, .string, "the server's name for it; asked for, and said, when left out"),
            .option("key_env", \.keyVariable, .string, "the environment variable that holds the key"),
            .option("key_file", \.keyFile, .path(), "a file whose first line that is no comment is the key"),
            .option("frames", \.frames, .integer(min: 1, max: 128), "pictures of a clip; 8, for ollama 4"),
            .option(
                "size", \.size, .integer(min: 32, max: 4096, unit: "px"), "their longest side; 768, for ollama 512"),
            .option("send", \.sending, .choice(), "frames, the whole clip, or the frames on one picture"),
            .option("concurrency", \.concurrency, .integer(min: 1, max: 64), "requests at a time, at most"),
            .option("timeout", \.timeout, .number(max: 86_400, above: 0, unit: "s"), "for one answer"),
            .option("retries", \.retries, .integer(min: 0, max: 20), "repetitions of what failed and may pass"),
            .option("insecure", \.isInsecure, .bool, "send the key over http to anywhere"),
            .option("price", \.price, .tokenPrice, "of a million tokens: { input = …, output = … }"),
        ]
    }
}

extension CaptionOptions {
    fileprivate static var luaOptions: [LuaOption<CaptionOptions>] {
        [
            .option("override", \.override, .bool, "caption again what has a caption"),
            .option("edited", \.edited, .bool, "with override: also what you wrote yourself"),
            .option("image_prompt", \.imagePrompt, .string, "the instruction for images"),
            .option("trigger", \.trigger, .string, "a word that every caption begins with"),
            .option("avoid", \.avoid, .words, "words that captions should not have; those that do are listed"),
            .option("must", \.must, .words, "words that captions should have; those that do not are listed"),
            .option("refine", \.refine, .string, "a second instruction, for the text alone"),
            .option("fps", \.fps, .number(max: 1000, above: 0), "frames a second to look at"),
            .option("max_new_tokens", \.maxNewTokens, .integer(min: 1, max: 100_000), "how long a caption may be"),
            .option("temperature", \.temperature, .number(min: 0, max: 2), "how freely it is written"),
            .option("clean", \.clean, .bool, "take away \"This video shows\", quotes, list marks"),
            .option("keep_suspect", \.keepSuspect, .bool, "keep refusals and loops as captions, too"),
        ]
    }
    fileprivate func with(_ prompt: Either<String, LuaReference>?) -> CaptionOptions {
        guard case .first(let text) = prompt else { return self }
        var options = self
        options.prompt = text
        return options
    }
}

extension Either where First == Dataset, Second == Clip {
    fileprivate var dataset: Dataset {
        switch self {
        case .first(let dataset): dataset
        case .second(let clip): clip.asDataset
        }
    }
}
extension Either where First == Clip, Second == String {
    fileprivate var path: String {
        switch self {
        case .first(let clip): clip.path
        case .second(let path): path
        }
    }
}

extension LuaType where Value == [String] {
    /// A list of words, or one.
    fileprivate static var words: Self {
        var type = LuaType.list(of: .string)
        type.info.name = "list of words"
        return LuaType(type.info) { value, _ in
            if let word = value.string { return [word] }
            guard let list = value.table?.list else { return nil }
            let words = list.compactMap(\.string).filter { !$0.isEmpty }
            guard words.count == list.count else { throw LuaTypeError("must hold only texts") }
            return words
        }
    }
}
extension LuaType where Value == TokenPrice {
    /// `{ input = 0.95, output = 4 }`
    fileprivate static var tokenPrice: Self {
        var info = TypeInfo("table", annotation: "{input: number, output: number}")
        info.acceptsTables = true
        return LuaType(info) { value, _ in
            guard let table = value.table else { return nil }
            guard let input = table["input"].number, let output = table["output"].number, input >= 0, output >= 0 else {
                throw LuaTypeError("must be { input = …, output = … }, the prices of a million tokens")
            }
            return TokenPrice(input: input, output: output)
        }
    }
}
