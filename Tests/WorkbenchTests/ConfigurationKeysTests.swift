import Base
import Configuration
import TestSupport
import Testing
import Torch

@testable import Workbench

/// Every key of the schema does something, is refused, or says that it does nothing.
@Suite(.serialized) struct ConfigurationKeysTests {
    /// What shows of a key that has another value than the base has.
    enum Effect: Equatable, Sendable {
        /// The losses, the weights after the same losses, the names of the files that the run leaves, or their contents.
        case losses, weights, files, contents
        /// A refusal, or a note of the run, that has these words.
        case refused(String), told(String)
        /// Memory by the plan, and nothing else.
        case memory
        /// Nothing, and its help says so in these words.
        case nothing(String)
        /// What it does is another test's.
        case tested(String)
    }
    private static let table: [(key: String, value: YAML, effect: Effect)] = [
        ("model.model_source", "nowhere/model", .refused("no model")), ("model.training_mode", "full", .losses),
        ("model.load_checkpoint", "nowhere.safetensors", .refused("nowhere.safetensors")),
        ("lora.rank", 4, .contents), ("lora.alpha", 4, .losses),
        ("lora.rank_pattern", YAML(["attn2.to_k": 3]), .contents),
        ("lora.alpha_pattern", YAML(["attn2.to_k": 64]), .losses), ("lora.use_dora", true, .contents),
        ("lora.dropout", 0.5, .losses), ("lora.target_modules", ["to_q"], .contents),
        ("conditioning.mode", "reference_video", .refused("reference")),
        ("conditioning.first_frame_conditioning_p", 1.0, .losses),
        ("conditioning.first_frame_conditioning_per_sample", true, .tested("one draw for each clip")),
        ("conditioning.caption_dropout_p", 1.0, .losses),
        ("conditioning.reference_latents_dir", "elsewhere", .tested("references are read from it")),
        ("optimization.learning_rate", 5e-3, .losses), ("optimization.steps", 3, .files),
        ("optimization.batch_size", 2, .losses), ("optimization.gradient_accumulation_steps", 2, .losses),
        ("optimization.max_grad_norm", 1e-6, .weights), ("optimization.optimizer_type", "lion", .losses),
        ("optimization.optimizer_params", YAML(["beta1": 0.1]), .losses),
        ("optimization.master_weights", false, .losses), ("optimization.lora_plus_ratio", 16.0, .losses),
        ("optimization.ema_decay", 0.9, .files), ("optimization.scheduler_type", "cosine", .losses),
        ("optimization.scheduler_params", YAML(["end_factor": 1.0]), .losses),
        ("optimization.warmup_steps", 3.0, .losses),
        ("optimization.enable_gradient_checkpointing", true, .memory),
        ("acceleration.mixed_precision_mode", "no", .losses), ("acceleration.quantization", "int2-quanto", .losses),
        ("acceleration.load_text_encoder_in_8bit", true, .tested("a trainer of a format samples with it")),
        ("acceleration.blocks_to_offload", 2, .told("2 blocks lie in host memory")),
        ("acceleration.offload_activations", true, .refused("none is recomputed")),
        ("acceleration.shard_across_ranks", true, .told("one rank has all there is")),
        ("acceleration.communication_dtype", "bf16", .tested("several ranks train what one does")),
        ("acceleration.compile_with_inductor", false, .nothing("changes nothing here")),
        ("acceleration.compilation_mode", "default", .nothing("changes nothing here")),
        ("data.preprocessed_data_root", "nowhere", .refused("nowhere")),
        ("data.num_dataloader_workers", 0, .tested("clips are read ahead")),
        ("data.validation_split", 0.5, .losses), ("data.validation_data_root", "nowhere", .refused("nowhere")),
        ("validation.prompts", ["a red car", "a blue one"], .files),
        ("validation.negative_prompt", "blue", .tested("guidance leads away from it")),
        ("validation.images", ["nowhere.png"], .refused("nowhere.png")),
        ("validation.reference_videos", ["nowhere.mp4"], .refused("nowhere.mp4")),
        ("validation.video_dims", "96x64x1", .contents), ("validation.seed", 1, .contents),
        ("validation.inference_steps", 2, .contents), ("validation.interval", 2, .files),
        ("validation.loss_interval", 2, .tested("the held-out loss is measured when so many updates have passed")),
        ("validation.videos_per_prompt", 2, .files), ("validation.guidance_scale", 5.0, .contents),
        ("validation.skip_initial_validation", true, .files), ("checkpoints.interval", 2, .files),
        ("checkpoints.interval_minutes", 1e-9, .files), ("checkpoints.keep_last_n", 1, .tested("the oldest go")),
        ("checkpoints.keep_states", 0, .files), ("flow_matching.timestep_sampling_mode", "uniform", .losses),
        ("flow_matching.timestep_sampling_params", YAML(["std": 2.0]), .losses),
        ("hub.push_to_hub", true, .tested("a finished run is sent with its card")),
        ("hub.hub_model_id", "user/model", .tested("hub.push_to_hub")),
        ("wandb.enabled", true, .told("wandb")), ("wandb.project", "other", .nothing("wandb")),
        ("wandb.entity", "team", .nothing("wandb")), ("wandb.tags", ["a"], .nothing("wandb")),
        ("wandb.log_validation_videos", false, .nothing("wandb")), ("seed", 7, .losses),
        ("output_dir", "elsewhere", .tested("a run's files are in it")),
    ]

    @Test func `every key is in the table, once`() {
        #expect(Self.table.map(\.key) == TrainingConfiguration.keys.map(\.path))
    }

    private struct Outcome {
        var losses: [Double] = [], weights: [String: Tensor] = [:], notes: [String] = []
        /// Without what a clock says.
        var files: [String: [UInt8]] = [:]
        var refusal: String?
        var memory = 0
    }
    /// With a video before the first step where that matters.
    private static func base(_ key: String) throws -> TrainingFixture {
        var fixture = try TrainingFixture()
        if key.hasPrefix("validation.") { fixture.configuration.validation.prompts = ["a red car"] }
        fixture.configuration.optimization.steps = 4
        fixture.configuration.conditioning.firstFrameConditioningP = 0
        fixture.configuration.validation.videoDims = VideoDimensions(width: 64, height: 64, frames: 1)
        fixture.configuration.validation.inferenceSteps = 1
        fixture.configuration.validation.interval = 100
        return fixture
    }
    private static func outcome(_ configuration: TrainingConfiguration) -> Outcome {
        var outcome = Outcome()
        do {
            let trainer = try Trainer(configuration, device: .cpu), run = try trainer.start(configuration)
            #expect(run.wait(seconds: Patience.limit))
            if let failure = run.failure { throw failure }
            outcome.losses = run.history.map(\.loss)
            outcome.notes = run.job.events.take().compactMap { if case .note(let text) = $0 { text } else { nil } }
            if let last = run.checkpoints.last, !Files.isFolder(last) { outcome.weights = try Safetensors.read(last) }
            for part in ["checkpoints", "ema", "samples", "states"] {
                let folder = Path.join(run.folder, part)
                for name in (try? Files.list(folder)) ?? [] where !Files.isFolder(Path.join(folder, name)) {
                    outcome.files["\(part)/\(name)"] = part == "states" ? [] : try Files.read(Path.join(folder, name))
                }
            }
            outcome.memory = try trainer.plan(configuration, plan).total
        } catch { outcome.refusal = "\(error)" }
        return outcome
    }
    private static var plan: PlanOptions {
        var options = PlanOptions()
        options.teraflops = 1
        return options
    }
    // Made once, read by tests that run one at a time.
    nonisolated(unsafe) private static let plain = Result { outcome(try base("").configuration) }
    nonisolated(unsafe) private static let shown = Result { outcome(try base("validation.").configuration) }

    @Test(arguments: table.map(\.key))
    func `a key does what it says, or is refused`(key: String) throws {
        let row = try #require(Self.table.first { $0.key == key }),
            plain = try (key.hasPrefix("validation.") ? Self.shown : Self.plain).get()
        #expect(plain.refusal == nil && plain.losses.count == 4 && plain.files.count >= 3)
        if case .tested = row.effect { return }
        var configuration = try Self.base(key).configuration
        if key == "conditioning.mode" { configuration.validation.referenceVideos = [] }
        try configuration.set(key, to: row.value)
        if key == "conditioning.mode" { configuration.validation.prompts = [] }
        let outcome = Self.outcome(configuration)
        func isSame(_ a: [String: Tensor], _ b: [String: Tensor]) throws -> Bool {
            try a.keys == b.keys && a.allSatisfy { try b[$0.key]?.isEqual(to: $0.value) == true }
        }
        switch row.effect {
        case .refused(let words):
            #expect(outcome.refusal?.contains(words) == true, "\(outcome.refusal ?? "not refused")")
            return
        default: #expect(outcome.refusal == nil, "\(outcome.refusal ?? "")")
        }
        switch row.effect {
        case .losses: #expect(outcome.losses != plain.losses && outcome.losses.allSatisfy(\.isFinite))
        case .weights: #expect(try !isSame(outcome.weights, plain.weights))
        case .files: #expect(outcome.files.keys.sorted() != plain.files.keys.sorted())
        case .contents: #expect(outcome.files != plain.files)
        case .told(let words):
            #expect(outcome.notes.contains { $0.contains(words) } && !plain.notes.contains { $0.contains(words) })
        case .memory:
            #expect(outcome.memory < plain.memory && outcome.losses == plain.losses)
            #expect(try isSame(outcome.weights, plain.weights))
        case .nothing(let words):
            #expect(try outcome.losses == plain.losses && isSame(outcome.weights, plain.weights))
            let section = TrainingConfiguration.sections.first { $0.name == TrainingConfiguration.key(key)?.section }
            let help = (TrainingConfiguration.key(key)?.help ?? "") + (section?.help ?? "")
            #expect(help.contains(words) || help.lowercased().contains("not used here"), "\(help)")
        case .refused, .tested: break
        }
    }
}
