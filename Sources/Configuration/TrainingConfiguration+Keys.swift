extension TrainingConfiguration {
    /// A group of keys, in the order in which a configuration is written.
    public struct Section: Sendable {
        /// The name in YAML.
        public let name: String
        /// What the section is about, in one sentence.
        public let help: String
    }

    /// The sections.
    public static let sections = [
        Section(name: "model", help: "Which model is trained, and how much of it."),
        Section(name: "lora", help: "The low-rank adapters; null only for full fine-tuning."),
        Section(name: "conditioning", help: "What the model is given besides the text."),
        Section(name: "optimization", help: "Optimizer, schedule and length of the run."),
        Section(name: "acceleration", help: "Number formats and memory savings."),
        Section(name: "data", help: "Where the preprocessed clips are."),
        Section(name: "validation", help: "The videos that are sampled while training."),
        Section(name: "checkpoints", help: "When the weights are saved."),
        Section(name: "flow_matching", help: "How noise levels are drawn."),
        Section(name: "hub", help: "Publishing on the Hugging Face Hub."),
        Section(name: "wandb", help: "Weights & Biases; read and kept, not used here."),
    ]

    /// Every key of a configuration, in the order in which it is written.
    public static let keys: [ConfigurationKey] = [
        // MARK: model
        ConfigurationKey(
            "model.model_source", \.model.modelSource,
            "The base model: a version name, a folder, a .safetensors file or URL, or a hub repository.",
            "\"models/ltxv-2b\""),
        ConfigurationKey(
            "model.training_mode", \.model.trainingMode, "LoRA adapters on a frozen model, or every weight.", "\"lora\""
        ),
        ConfigurationKey(
            "model.load_checkpoint", \.model.loadCheckpoint,
            "Weights to start from: a checkpoint file, or a folder whose last checkpoint is taken.",
            "\"outputs/APT/checkpoints\""),
        // MARK: lora
        ConfigurationKey(
            "lora.rank", \.loraOrDefault.rank, "Inner size of the adapters: higher learns more and needs more memory.",
            "32",
            .atLeast(2)),
        ConfigurationKey(
            "lora.alpha", \.loraOrDefault.alpha, "The adapters are scaled by alpha / rank; usually equal to the rank.",
            "32",
            .atLeast(1)),
        ConfigurationKey(
            "lora.rank_pattern", \.loraOrDefault.rankPattern,
            "Layers with another rank, by endings of their names; of several that fit the longest counts.",
            "{ [\"attn2.to_k\"] = 8 }", isOwn: true),
        ConfigurationKey(
            "lora.alpha_pattern", \.loraOrDefault.alphaPattern, "Layers with another alpha, as lora.rank_pattern.",
            "{ [\"attn2.to_k\"] = 8 }", isOwn: true),
        ConfigurationKey(
            "lora.use_dora", \.loraOrDefault.useDora,
            "DoRA: train the length of each row of the adapted matrices, too; better at low ranks, slower.", "true",
            isOwn: true),
        ConfigurationKey(
            "lora.dropout", \.loraOrDefault.dropout, "Share of adapter inputs that are dropped while training.", "0.05",
            .within(0, 1)),
        ConfigurationKey(
            "lora.target_modules", \.loraOrDefault.targetModules,
            "Endings of the names of the linear layers that get an adapter.",
            "{ \"to_k\", \"to_q\", \"to_v\", \"to_out.0\" }"),
        // MARK: conditioning
        ConfigurationKey(
            "conditioning.mode", \.conditioning.mode,
            "Train on the clips alone, or on pairs with a reference video (IC-LoRA).",
            "\"reference_video\""),
        ConfigurationKey(
            "conditioning.first_frame_conditioning_p", \.conditioning.firstFrameConditioningP,
            "Probability that a step is given the first frame, which teaches image to video.", "0.5", .within(0, 1)),
        ConfigurationKey(
            "conditioning.first_frame_conditioning_per_sample", \.conditioning.firstFrameConditioningPerSample,
            "Draw the first frame for each clip of a batch; false is the reference's way, one draw for all of them.",
            "true", isOwn: true),
        ConfigurationKey(
            "conditioning.caption_dropout_p", \.conditioning.captionDropoutP,
            "Probability that a clip is trained without its caption, for guidance; 1 trains without captions.", "0.1",
            .within(0, 1), isOwn: true),
        ConfigurationKey(
            "conditioning.reference_latents_dir", \.conditioning.referenceLatentsDir,
            "Folder of the reference latents, beside the latents.", "\"reference_latents\""),
        // MARK: optimization
        ConfigurationKey(
            "optimization.learning_rate", \.optimization.learningRate, "Step size of the optimizer at the start.",
            "2e-4",
            .atLeast(0)),
        ConfigurationKey(
            "optimization.steps", \.optimization.steps, "Length of the run.", "1500", .atLeast(1), unit: "updates"),
        ConfigurationKey(
            "optimization.batch_size", \.optimization.batchSize,
            "Clips that go through the model at once, all of one size.", "1",
            .atLeast(1),
            unit: "clips"),
        ConfigurationKey(
            "optimization.gradient_accumulation_steps", \.optimization.gradientAccumulationSteps,
            "Batches whose gradients are averaged for one update: a larger batch without its memory.", "4", .atLeast(1),
            unit: "batches"),
        ConfigurationKey(
            "optimization.max_grad_norm", \.optimization.maxGradNorm,
            "Gradients are scaled down to this norm; 0 leaves them alone.", "1.0"),
        ConfigurationKey(
            "optimization.optimizer_type", \.optimization.optimizerType,
            "AdamW with full or with 8-bit state, Adafactor, Lion, or Prodigy (which finds its rate: learning_rate 1).",
            "\"adamw8bit\""),
        ConfigurationKey(
            "optimization.optimizer_params", \.optimization.optimizerParams,
            "Arguments of the optimizer: \(listed(OptimizerType.allCases, \.parameters)).", "{ weight_decay = 0.01 }",
            isOwn: true),
        ConfigurationKey(
            "optimization.master_weights", \.optimization.masterWeights,
            "Train copies in fp32 of parameters in bf16; false is the reference's way, which loses most of each update.",
            "true", isOwn: true),
        ConfigurationKey(
            "optimization.lora_plus_ratio", \.optimization.loraPlusRatio,
            "LoRA+: the rate of the adapters' B as a multiple of the learning rate; its authors take 16, 1 is plain LoRA.",
            "16", .above(0), isOwn: true),
        ConfigurationKey(
            "optimization.ema_decay", \.optimization.emaDecay,
            "Decay of a moving average of what is trained, saved in ema/ beside checkpoints/; null keeps none.",
            "0.999",
            .within(0, 1), isOwn: true),
        ConfigurationKey(
            "optimization.scheduler_type", \.optimization.schedulerType, "How the learning rate changes over the run.",
            "\"cosine\""),
        ConfigurationKey(
            "optimization.scheduler_params", \.optimization.schedulerParams,
            "Arguments of the schedule: \(listed(SchedulerType.allCases, \.parameters)).", "{ end_factor = 0.1 }"),
        ConfigurationKey(
            "optimization.warmup_steps", \.optimization.warmupSteps,
            "Updates over which the learning rate rises to where the schedule starts; below 1 a share of the run.",
            "100",
            .atLeast(0), unit: "updates", isOwn: true),
        ConfigurationKey(
            "optimization.enable_gradient_checkpointing", \.optimization.enableGradientCheckpointing,
            "Recompute blocks in the backward pass, all, the first so many, or auto: as many as it takes. Far less memory, up to a third "
                + "more time.",
            "true", unit: "blocks"),
        // MARK: acceleration
        ConfigurationKey(
            "acceleration.mixed_precision_mode", \.acceleration.mixedPrecisionMode,
            "Number format of the forward pass.",
            "\"bf16\""),
        ConfigurationKey(
            "acceleration.quantization", \.acceleration.quantization,
            "Number format of the frozen weights: fewer bits, less memory, a little less precision.", "\"int8-quanto\""),
        ConfigurationKey(
            "acceleration.load_text_encoder_in_8bit", \.acceleration.loadTextEncoderIn8bit,
            "Hold the text encoder in 8 bits where a script loads it with this configuration.", "true"),
        ConfigurationKey(
            "acceleration.blocks_to_offload", \.acceleration.blocksToOffload,
            "Blocks whose frozen weights lie in host memory and come to the GPU as they are needed; auto: what does not fit.",
            "8", .atLeast(0), unit: "blocks", isOwn: true),
        ConfigurationKey(
            "acceleration.offload_activations", \.acceleration.offloadActivations,
            "What recomputed blocks keep waits in host memory until the backward pass needs it.", "true", isOwn: true),
        ConfigurationKey(
            "acceleration.shard_across_ranks", \.acceleration.shardAcrossRanks,
            "Ranks divide frozen weights among them, and put a block together when its turn comes; in full training the optimizer's states.",
            "true",
            isOwn: true),
        ConfigurationKey(
            "acceleration.communication_dtype", \.acceleration.communicationDtype,
            "Number format in which ranks sum their gradients: bf16 sends half as much, and rounds at each rank.",
            "\"bf16\"", isOwn: true),
        ConfigurationKey(
            "acceleration.compile_with_inductor", \.acceleration.compileWithInductor,
            "Kept for the reference trainer, which compiles the model; it changes nothing here.", "false"),
        ConfigurationKey(
            "acceleration.compilation_mode", \.acceleration.compilationMode,
            "Kept for the reference trainer; it changes nothing here.", "\"default\""),
        // MARK: data
        ConfigurationKey(
            "data.preprocessed_data_root", \.data.preprocessedDataRoot,
            "The folder that preprocessing wrote, or the dataset folder that holds it.", "\"train_date/APT/scenes\"",
            isRequired: true),
        ConfigurationKey(
            "data.num_dataloader_workers", \.data.numDataloaderWorkers,
            "Threads that read clips ahead; 0 reads in step.", "2",
            .atLeast(0), unit: "threads"),
        ConfigurationKey(
            "data.validation_split", \.data.validationSplit,
            "Share of the clips that is held out: not trained on, but measured by.", "0.1", .within(0, 0.9), isOwn: true
        ),
        ConfigurationKey(
            "data.validation_data_root", \.data.validationDataRoot,
            "Another preprocessed folder to measure by, instead of data.validation_split.",
            "\"train_date/APT_held_out\"", isOwn: true),
        // MARK: validation
        ConfigurationKey(
            "validation.prompts", \.validation.prompts, "One video is sampled for each.", "{ \"APT a woman walks\" }"),
        ConfigurationKey(
            "validation.negative_prompt", \.validation.negativePrompt, "What the videos should not look like.",
            "\"worst quality, blurry\""),
        ConfigurationKey(
            "validation.images", \.validation.images, "First frames of the videos, one a prompt.", "{ \"first.png\" }"),
        ConfigurationKey(
            "validation.reference_videos", \.validation.referenceVideos, "Reference videos, one a prompt.",
            "{ \"canny.mp4\" }"),
        ConfigurationKey(
            "validation.video_dims", \.validation.videoDims,
            "Size of the videos: width and height in 32s, frames 8k + 1.",
            "\"768x448x89\"", unit: "pixels, pixels, frames"),
        ConfigurationKey("validation.seed", \.validation.seed, "Seed of every sampled video.", "42", .atLeast(0)),
        ConfigurationKey(
            "validation.inference_steps", \.validation.inferenceSteps, "Denoising steps of a video.", "30", .above(0),
            unit: "steps"),
        ConfigurationKey(
            "validation.interval", \.validation.interval, "Updates between validations; null switches them off.", "100",
            .above(0), unit: "updates"),
        ConfigurationKey(
            "validation.loss_interval", \.validation.lossInterval,
            "Updates between measurements of the held-out loss; null measures it at the start and at the end alone.",
            "50", .above(0), unit: "updates", isOwn: true),
        ConfigurationKey(
            "validation.videos_per_prompt", \.validation.videosPerPrompt, "Videos sampled for each prompt.", "1",
            .above(0)),
        ConfigurationKey(
            "validation.guidance_scale", \.validation.guidanceScale,
            "How strongly the prompt is followed; 1 is without guidance and twice as fast.", "3.5", .atLeast(1)),
        ConfigurationKey(
            "validation.skip_initial_validation", \.validation.skipInitialValidation,
            "Leave out the validation before the first step.", "true"),
        // MARK: checkpoints
        ConfigurationKey(
            "checkpoints.interval", \.checkpoints.interval, "Updates between checkpoints; null saves only at the end.",
            "250",
            .above(0), unit: "updates"),
        ConfigurationKey(
            "checkpoints.interval_minutes", \.checkpoints.intervalMinutes,
            "Minutes between checkpoints, beside or instead of checkpoints.interval.", "30", .above(0), unit: "minutes",
            isOwn: true),
        ConfigurationKey(
            "checkpoints.keep_last_n", \.checkpoints.keepLastN, "Checkpoints of the run that are kept; -1 keeps all.",
            "3",
            .atLeast(-1)),
        ConfigurationKey(
            "checkpoints.keep_states", \.checkpoints.keepStates,
            "Training states that are kept for tr:resume, about three times a checkpoint each; 0 writes none.", "2",
            .atLeast(0), isOwn: true),
        // MARK: flow_matching
        ConfigurationKey(
            "flow_matching.timestep_sampling_mode", \.flowMatching.timestepSamplingMode,
            "How noise levels are drawn: evenly, or more of the middle and high ones for longer videos.", "\"uniform\""),
        ConfigurationKey(
            "flow_matching.timestep_sampling_params", \.flowMatching.timestepSamplingParams,
            "Arguments of the drawing: \(listed([.shiftedLogitNormal, .uniform], \TimestepSamplingMode.parameters)).",
            "{ std = 1.0 }"),
        // MARK: hub
        ConfigurationKey(
            "hub.push_to_hub", \.hub.pushToHub,
            "Send the LoRA to the hub when the run has finished (private where it is new); needs HF_TOKEN.", "true"),
        ConfigurationKey("hub.hub_model_id", \.hub.hubModelID, "The repository to upload to.", "\"user/apt-lora\""),
        // MARK: wandb
        ConfigurationKey("wandb.enabled", \.wandb.enabled, "Log to Weights & Biases; not used here.", "false"),
        ConfigurationKey("wandb.project", \.wandb.project, "Its project.", "\"ltxv-trainer\""),
        ConfigurationKey("wandb.entity", \.wandb.entity, "Its user or team.", "\"team\""),
        ConfigurationKey("wandb.tags", \.wandb.tags, "Tags of the run.", "{ \"apt\" }"),
        ConfigurationKey(
            "wandb.log_validation_videos", \.wandb.logValidationVideos, "Log the sampled videos.", "false"),
        // MARK: top
        ConfigurationKey("seed", \.seed, "Seed of everything random in the training.", "42", .atLeast(0)),
        ConfigurationKey(
            "output_dir", \.outputDir, "Folder of checkpoints, samples and logs.", "\"outputs/APT_lora_r32\""),
    ]

    /// `"eta_min (cosine), power (polynomial)"`: the arguments of each choice that takes any.
    private static func listed<Choice: ConfigurationChoice>(
        _ choices: [Choice], _ parameters: (Choice) -> [NamedParameter]
    ) -> String {
        choices.filter { !parameters($0).isEmpty }.map { "\(parameters($0).list) (\($0.rawValue))" }
            .joined(separator: ", ")
    }

    private static let index = Dictionary(uniqueKeysWithValues: keys.map { ($0.path, $0) })

    /// The key with a dotted path.
    public static func key(_ path: String) -> ConfigurationKey? { index[path] }

    fileprivate var loraOrDefault: LoRA {
        get { lora ?? LoRA() }
        set { lora = newValue }
    }
}
