import Base
import Glibc
import Testing

@testable import Configuration

@Suite struct TrainingConfigurationTests {
    private static let smallest = "lora: {rank: 8, alpha: 8}\ndata: {preprocessed_data_root: d}\n"

    private func read(_ text: String, note: (String) -> Void = { _ in }) throws -> TrainingConfiguration {
        try TrainingConfiguration(YAML(parsing: text), path: "c.yaml", note: note)
    }
    private func failure(_ text: String) -> String {
        do {
            _ = try read(text)
            return "no error"
        } catch { return "\(error)" }
    }

    // MARK: Reading

    @Test func `the smallest configuration has the reference's defaults`() throws {
        let c = try read("lora: {}\n" + "data: {preprocessed_data_root: d}")
        #expect(c.lora?.rank == 64 && c.lora?.targetModules == ["to_k", "to_q", "to_v", "to_out.0"])
        #expect(c.model.modelSource == "LTXV_13B_097_DEV" && c.optimization.learningRate == 5e-4)
        #expect(c.optimization.steps == 3000 && c.optimization.batchSize == 2)
        #expect(c.validation.videoDims == VideoDimensions(width: 704, height: 480, frames: 161))
        #expect(c.validation.interval == 100 && c.checkpoints.interval == nil && c.checkpoints.keepLastN == 1)
        #expect(c.acceleration.mixedPrecisionMode == .bf16 && c.acceleration.compileWithInductor)
    }

    @Test func `numbers in quotes or without a dot are numbers, as in the reference`() throws {
        let c = try read(
            Self.smallest + "optimization: {learning_rate: 2e-4, steps: '1500', batch_size: 2.0, max_grad_norm: 1}")
        #expect(c.optimization.learningRate == 2e-4 && c.optimization.steps == 1500 && c.optimization.batchSize == 2)
    }

    @Test func `null switches off what can be switched off`() throws {
        let c = try read(
            Self.smallest + "validation: {interval: null}\nacceleration: {mixed_precision_mode: ~, quantization: null}")
        #expect(c.validation.interval == nil && c.acceleration.mixedPrecisionMode == nil)
    }

    @Test func `an unquoted no is the precision mode no`() throws {
        #expect(
            try read(Self.smallest + "acceleration: {mixed_precision_mode: no}").acceleration.mixedPrecisionMode == .no)
    }

    @Test(arguments: [
        (
            "optimization: {learning_rat: 1}",
            "line 3, column 16: unknown key 'optimization.learning_rat' (did you mean 'learning_rate'?)"
        ),
        ("optimizations: {}", "line 3, column 1: unknown key 'optimizations' (did you mean 'optimization'?)"),
        ("optimization: {rank: 3}", "(did you mean 'lora.rank'?)"),
        ("rank: 3", "unknown key 'rank' (did you mean 'lora.rank'?)"),
        (
            "optimization:\n  steps: many",
            "line 4, column 10: 'optimization.steps' must be a whole number, got \"many\""
        ),
        ("optimization: {steps: 1.5}", "must be a whole number, got 1.5"),
        ("optimization: {steps: 0}", "'optimization.steps' must be at least 1, got 0"),
        ("optimization: {steps: true}", "must be a whole number, got true"),
        ("optimization: {learning_rate: .nan}", "must be a number, got .nan"),
        ("optimization: {learning_rate: [1]}", "must be a number, got a list of 1"),
        (
            "optimization: {enable_gradient_checkpointing: maybe}",
            "must be a whole number, or true or false or auto, got \"maybe\""
        ),
        (
            "optimization: {optimizer_type: sgd}",
            "must be one of adamw, adamw8bit, adafactor, lion, prodigy, got \"sgd\""
        ),
        ("optimization: {optimizer_params: {beta3: 1}}", "does not take 'beta3' (did you mean 'beta1'?)"),
        ("optimization: {optimizer_params: {beta1: 2}}", "beta1 must be from 0 to 1, got 2.0"),
        ("optimization: {warmup_steps: 1.5}", "must be a whole number of updates, or a share of the run below 1"),
        ("optimization: {scheduler_type: liner}", "(did you mean 'linear'?)"),
        ("optimization: {scheduler_params: {end: 1}}", "the linear schedule does not take 'end'"),
        ("optimization: {scheduler_params: {end_factor: x}}", "entry 'end_factor' must be a number"),
        ("optimization: {scheduler_params: {start_factor: 0}}", "start_factor must be above 0 and at most 1, got 0.0"),
        ("optimization: {scheduler_params: {end_factor: 1.5}}", "end_factor must be from 0 to 1, got 1.5"),
        (
            "optimization: {scheduler_type: cosine_with_restarts, scheduler_params: {T_0: 2.5}}",
            "T_0 must be a whole number of at least 1, got 2.5"
        ),
        (
            "optimization: {scheduler_type: cosine_with_restarts, scheduler_params: {T_mult: 0}}",
            "T_mult must be a whole number of at least 1, got 0.0"
        ),
        (
            "optimization: {scheduler_type: cosine, scheduler_params: {eta_min: -1}}",
            "eta_min must be at least 0, got -1.0"
        ),
        (
            "optimization: {scheduler_type: cosine, scheduler_params: {T_max: 9}}",
            "the cosine schedule does not take 'T_max'; it takes eta_min"
        ),
        (
            "optimization: {scheduler_type: polynomial, scheduler_params: {power: -1}}",
            "power must be at least 0, got -1.0"
        ),
        ("optimization: 3", "'optimization' must be a mapping of its keys, got 3"),
        ("optimization:", "leave the line out for the defaults"),
        ("model: {model_source: 0.9}", "must be text, got 0.9; write \"0.9\" in quotes"),
        (
            "model: {model_source: LTXV_2B_0.9.6_DVE}",
            "names no model version: 'LTXV_2B_0.9.6_DVE' (did you mean 'LTXV_2B_0.9.6_DEV'?)"
        ),
        (
            "model: {training_mode: full}\nacceleration: {quantization: int8-quanto}",
            "'acceleration.quantization' must be null"
        ),
        ("conditioning: {first_frame_conditioning_p: 1.5}", "must be from 0 to 1, got 1.5"),
        ("conditioning: {mode: reference_video}", "'validation.reference_videos' is needed"),
        ("validation: {prompts: [a, b], images: [x]}", "it has 1, the prompts are 2"),
        ("validation: {prompts: [a, 3]}", "entry 2 must be text, got 3"),
        ("validation: {prompts: [a], video_dims: [100, 64, 9]}", "must have a width and height in 32s, got 100x64x9"),
        ("validation: {video_dims: [1, 2]}", "must be width, height and frames"),
        ("validation: {video_dims: [0, 2, 3]}", "must be above 0"),
        ("validation: {interval: 0}", "'validation.interval' must be above 0, got 0"),
        ("validation: {interval: soon}", "must be a whole number, or null, got \"soon\""),
        ("validation: {guidance_scale: 0.5}", "must be at least 1, got 0.5"),
        ("checkpoints: {keep_last_n: -2}", "must be at least -1, got -2"),
        ("hub: {push_to_hub: true}", "'hub.hub_model_id' must be set"),
        ("flow_matching: {timestep_sampling_params: {sdt: 1}}", "does not take 'sdt' (did you mean 'std'?)"),
        ("output_dir: [RANK]", "line 3, column 13: 'output_dir' holds [RANK], a place to fill"),
        ("output_dir: 'outputs/[NAME]'", "'output_dir' holds [NAME]"),
        ("model: {model_source: \"${WHERE}\"}", "'model.model_source' holds ${WHERE}"),
        ("validation: {prompts: ['[BASENAME] x']}", "'validation.prompts' holds [BASENAME]"),
        ("validation: {video_dims: [[WIDTH], [HEIGHT], [FRAMES]]}", "holds [WIDTH]"),
    ])
    func `a mistake is one clear error`(lines: String, message: String) {
        let text = failure(Self.smallest + lines)
        #expect(text.hasPrefix("'c.yaml': ") && text.contains(message), "\(text)")
    }

    @Test func `several mistakes are named together`() {
        let text = failure("lora: {rank: 1}\ndata: {}\nseed: x\n")
        #expect(
            text == "'c.yaml': line 1, column 14: 'lora.rank' must be at least 2, got 1; "
                + "also wrong: seed in line 3, data.preprocessed_data_root in line 2")
    }

    @Test func `what is missing is named`() {
        #expect(failure("data: {preprocessed_data_root: d}").contains("'lora' is missing"))
        #expect(failure("lora: {}").contains("'data.preprocessed_data_root' is missing"))
        #expect(failure("").contains("the file is empty"))
        #expect(failure("- 1").contains("a mapping of keys was expected, got a list of 1"))
    }

    @Test func `brackets in prompts are no placeholders`() throws {
        let c = try read(Self.smallest + "validation: {prompts: ['[VISUAL] a cat', 'x [A]']}\nwandb: {tags: [APT]}")
        #expect(c.validation.prompts == ["[VISUAL] a cat", "x [A]"] && c.wandb.tags == ["APT"])
    }

    @Test func `the older place of first-frame conditioning is read with a note`() throws {
        var notes: [String] = []
        let older = "optimization: {first_frame_conditioning_p: 0.5}\n"
        #expect(try read(Self.smallest + older) { notes.append($0) }.conditioning.firstFrameConditioningP == 0.5)
        #expect(notes.count == 1 && notes[0].contains("older place"))
        let both = try read(Self.smallest + older + "conditioning: {first_frame_conditioning_p: 0.2}") {
            notes.append($0)
        }
        #expect(both.conditioning.firstFrameConditioningP == 0.2 && notes[1].contains("is not used"))
    }

    // MARK: Files

    @Test(arguments: [
        "ltxv_2b_lora", "ltxv_2b_lora_low_vram", "ltxv_13b_lora", "ltxv_13b_lora_24gb", "ltxv_13b_lora_16gb", "tiny",
    ])
    func `the shipped configurations are valid`(name: String) throws {
        var notes: [String] = []
        let c = try TrainingConfiguration.load(Fixtures.config(name)) { notes.append($0) }
        #expect(notes.isEmpty && c.validate().isEmpty)
        #expect(try read(c.text) == c)
    }

    /// Run with `UPSTREAM_CONFIGS` naming the `configs` folder of a checkout of the reference trainer.
    @Test(.enabled(if: getenv("UPSTREAM_CONFIGS") != nil))
    func `every configuration that the reference ships is read`() throws {
        let folder = String(cString: try #require(getenv("UPSTREAM_CONFIGS")))
        let names = try Files.list(folder)
        #expect(names.count >= 10)
        for name in names {
            let path = Path.join(folder, name), isTemplate = name.contains("template")
            let c = try TrainingConfiguration.template(path, isTemplate ? ["BASENAME": "APT", "RANK": "32"] : [:])
            #expect(try read(c.text) == c, "\(name)")
        }
    }

    @Test(arguments: ["ltxv_2b_lora_template", "ltx_13b_lora_template", "ltx_13b_lora_int8-quanto_template"])
    func `the shipped templates are filled and say what is missing`(name: String) throws {
        let path = Fixtures.config(name)
        let c = try TrainingConfiguration.template(path, ["BASENAME": "APT", "RANK": "48"])
        #expect(c.lora?.rank == 48 && c.lora?.alpha == 48 && c.outputDir == "outputs/APT_lora_r48")
        #expect(c.data.preprocessedDataRoot == "train_date/APT/scenes")
        #expect(throws: ConfigurationError.self) { try TrainingConfiguration.load(path) }
        do { _ = try TrainingConfiguration.template(path, ["BASENAME": "x", "RNAK": "3"]) } catch {
            #expect("\(error)".contains("has no place 'RNAK' (did you mean 'RANK'?)"))
        }
    }

    @Test func `a value cannot change the structure of a template`() throws {
        let path = Fixtures.config("ltxv_2b_lora_template")
        let c = try TrainingConfiguration.template(path, ["BASENAME": "x\"\nseed: 7", "RANK": "8"])
        #expect(c.seed == 42 && c.outputDir == "outputs/x\"\nseed: 7_lora_r8")
    }

    // MARK: Access

    @Test func `keys are set with a check at once, and nothing changes when it fails`() throws {
        var c = TrainingConfiguration()
        try c.set("lora.rank", to: 32)
        try c.set("validation.video_dims", to: "768x448x89")
        #expect(c.lora?.rank == 32 && c.validation.videoDims.width == 768)
        let before = c
        #expect(throws: ConfigurationError.self) { try c.set("lora.rank", to: 1) }
        #expect(throws: ConfigurationError.self) { try c.set("lora", to: YAML(["alpha": 3, "rank": "x"])) }
        #expect(throws: ConfigurationError.self) { try c.set("lora.rnak", to: 3) }
        #expect(throws: ConfigurationError.self) { try c.set("data", to: nil) }
        #expect(c == before)
        try c.set("lora", to: nil)
        #expect(c.lora == nil && c.validate().contains { $0.key == "lora" })
        #expect(try c.value("lora.rank").isNull && c.value("lora").isNull)
    }

    @Test func `a copy has other values and the difference lists them`() throws {
        let c = TrainingConfiguration()
        let copy = try c.copy(
            with: YAML(["lora": YAML(["rank": 32]), "seed": 7, "validation": YAML(["interval": nil])]))
        let differences = copy.differences(from: c)
        #expect(differences.map(\.key) == ["lora.rank", "validation.interval", "seed"])
        #expect(differences[0].value == 32 && differences[0].other == 64 && differences[1].value.isNull)
        #expect(c.differences(from: c).isEmpty)
    }

    @Test func `the table of keys is whole`() throws {
        let c = TrainingConfiguration()
        for key in TrainingConfiguration.keys {
            #expect(key.help.hasSuffix(".") && !key.example.isEmpty, "\(key.path)")
            #expect(key.section.isEmpty || TrainingConfiguration.sections.contains { $0.name == key.section })
            #expect(try c.value(key.path) == key.defaultValue)
            if !key.isRequired {
                var copy = c
                try copy.set(key.path, to: key.defaultValue)
                #expect(copy == c, "\(key.path)")
            }
        }
        #expect(TrainingConfiguration.keys.count { !$0.isOwn } == 50)
    }

    @Test func `a key that the reference trainer refuses is written only where it is set`() throws {
        let own = TrainingConfiguration.keys.filter(\.isOwn)
        #expect(own.map(\.path).contains("optimization.warmup_steps"))
        var configuration = TrainingConfiguration()
        configuration.data.preprocessedDataRoot = "data"
        for key in own { #expect(!configuration.text.contains("\(key.name):"), "\(key.path)") }
        configuration.optimization.warmupSteps = 0.05
        configuration.optimization.optimizerParams = ["weight_decay": 0.1]
        configuration.checkpoints.intervalMinutes = 30
        #expect(configuration.text.contains("warmup_steps: 0.05"))
        #expect(try TrainingConfiguration(YAML(parsing: configuration.text)) == configuration)
    }

    @Test func `help is found by words and names are completed`() {
        #expect(TrainingConfiguration.search("lora rank").first?.path == "lora.rank")
        #expect(TrainingConfiguration.search("reference_video").map(\.path).contains("conditioning.mode"))
        #expect(TrainingConfiguration.search("nothing like it").isEmpty)
        #expect(TrainingConfiguration.completions("lora.r") == ["lora.rank", "lora.rank_pattern"])
        #expect(TrainingConfiguration.completions("o") == ["optimization", "output_dir"])
    }

    @Test func `surprising settings are warned of`() throws {
        var notes: [String] = []
        _ = try read(
            "lora: {rank: 64, alpha: 32}\ndata: {preprocessed_data_root: d}\nvalidation: {video_dims: [64, 64, 10]}\n"
                + "optimization: {scheduler_type: constant, scheduler_params: {end_factor: 1}}"
        ) { notes.append($0) }
        #expect(notes.count == 3 && notes[0].contains("9 are made"), "\(notes)")
    }
}
