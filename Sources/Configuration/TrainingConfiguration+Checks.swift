import Base

extension TrainingConfiguration {
    /// Everything that is wrong, ranges and cross checks; empty when the configuration can be trained.
    public func validate() -> [ConfigurationProblem] { validate(places: [:]) }

    /// Throws `ConfigurationError` when there is anything wrong.
    public func check() throws {
        let problems = validate()
        guard problems.isEmpty else { throw ConfigurationError.invalid(problems, path: nil) }
    }

    /// - Parameter places: where the keys and sections stand, by dotted path.
    func validate(places: [String: YAML.Place]) -> [ConfigurationProblem] {
        var checks = CrossChecks(places)
        for key in Self.keys {
            do { try key.check(self, at: places[key.path]) } catch { checks.problems.append(error) }
        }
        checks.model(self)
        checks.lora(self)
        checks.validation(self)
        checks.schedule(self)
        checks.others(self)
        return checks.problems
    }

    /// What works but will surprise.
    public var warnings: [String] {
        var warnings: [String] = []
        let dims = validation.videoDims
        if validation.interval != nil, dims.frames % 8 != 1 {
            let made = (dims.frames - 1) / 8 * 8 + 1
            warnings.append("'validation.video_dims' asks for \(dims.frames) frames; \(made) are made (8k + 1)")
        }
        if optimization.schedulerType == .constant, !optimization.schedulerParams.isEmpty {
            warnings.append("'optimization.scheduler_params' does nothing with the constant schedule")
        }
        if optimization.optimizerType == .prodigy, optimization.learningRate < 0.1 {
            warnings.append(
                "'optimization.learning_rate' multiplies the rate that prodigy finds by itself: 1 is usual, not "
                    + YAMLWriter.text(of: optimization.learningRate))
        }
        if let lora, lora.alpha != lora.rank {
            let scale = YAMLWriter.text(of: Double(lora.alpha) / Double(lora.rank))
            warnings.append("'lora.alpha' is not the rank: the adapters are scaled by \(scale)")
        }
        return warnings
    }
}

/// The checks that look at more than one key.
private struct CrossChecks {
    var problems: [ConfigurationProblem] = []
    private let places: [String: YAML.Place]

    init(_ places: [String: YAML.Place]) { self.places = places }

    private mutating func add(_ key: String, _ message: String) {
        problems.append(ConfigurationProblem(key, message, places[key] ?? places[String(key.prefix { $0 != "." })]))
    }

    mutating func model(_ c: TrainingConfiguration) {
        let source = c.model.modelSource
        if source.isEmpty {
            add("model.model_source", "'model.model_source' is empty; name a model, such as LTXV_2B_0.9.5")
        }
        if source.lowercased().hasPrefix("ltxv_"), ModelVersion(spelled: source) == nil, !source.contains("/"),
            !source.hasSuffix(".safetensors"), !Files.exists(source)
        {
            let known = ModelVersion.allCases.map(\.rawValue)
            let hint = Suggestion.hint(for: source, in: known)
            let advice = hint.isEmpty ? "; known: \(known.joined(separator: ", "))" : hint
            add("model.model_source", "'model.model_source' names no model version: '\(source)'\(advice)")
        }
        if c.model.trainingMode == .full, let format = c.acceleration.quantization, format != .noChange {
            add(
                "acceleration.quantization",
                "'acceleration.quantization' must be null when 'model.training_mode' is full: quantized weights do not train"
            )
        }
    }

    private mutating func sharding(_ c: TrainingConfiguration) {
        guard c.acceleration.shardAcrossRanks else { return }
        func refuse(_ why: String) {
            add("acceleration.shard_across_ranks", "'acceleration.shard_across_ranks' \(why)")
        }
        if c.model.trainingMode == .full, c.optimization.optimizerType == .prodigy {
            refuse("divides the optimizer, and prodigy's parameters know of each other; use another one")
        }
        if c.acceleration.blocksToOffload != 0, c.acceleration.blocksToOffload != .auto {
            refuse("and 'acceleration.blocks_to_offload' are two places for the same weights; use one of them")
        }
        if c.lora?.useDora == true {
            refuse("does not go with 'lora.use_dora', which looks at whole matrices at any time")
        }
    }
    mutating func lora(_ c: TrainingConfiguration) {
        if c.acceleration.offloadActivations, c.optimization.enableGradientCheckpointing == .off,
            c.acceleration.blocksToOffload == 0
        {
            add(
                "acceleration.offload_activations",
                "'acceleration.offload_activations' offloads what recomputed blocks keep, and none is recomputed: set "
                    + "'optimization.enable_gradient_checkpointing' to true, a number of blocks, or auto"
            )
        }
        if c.model.trainingMode == .full, c.acceleration.blocksToOffload != 0 {
            add(
                "acceleration.blocks_to_offload",
                "'acceleration.blocks_to_offload' must be 0 when 'model.training_mode' is full: weights in host memory do not train"
            )
        }
        sharding(c)
        guard c.model.trainingMode == .lora else { return }
        guard let lora = c.lora else {
            add(
                "lora", "'lora' is missing: 'model.training_mode' lora needs it; write 'lora:' with at least 'rank: 64'"
            )
            return
        }
        if lora.targetModules.isEmpty {
            add("lora.target_modules", "'lora.target_modules' is empty; nothing would be trained")
        }
        for (name, pattern, isWhole) in [
            ("rank_pattern", lora.rankPattern, true), ("alpha_pattern", lora.alphaPattern, false),
        ] {
            let wrong = pattern.filter { $0.value <= 0 || isWhole && Int(exactly: $0.value) == nil }
            guard let (module, value) = wrong.min(by: { $0.key < $1.key }) else { continue }
            let what = isWhole ? "a whole number above 0" : "above 0"
            add("lora.\(name)", "'lora.\(name)': '\(module)' must be \(what), got \(value)")
        }
        if lora.targetModules.contains("") { add("lora.target_modules", "'lora.target_modules' has an empty entry") }
    }

    mutating func validation(_ c: TrainingConfiguration) {
        let v = c.validation
        for (name, files) in [("images", v.images), ("reference_videos", v.referenceVideos)] {
            guard let files, files.count != v.prompts.count else { continue }
            let key = "validation.\(name)"
            add(
                key,
                "'\(key)' must have one entry for each prompt: it has \(files.count), the prompts are \(v.prompts.count)"
            )
        }
        if c.conditioning.mode == .referenceVideo {
            if v.referenceVideos == nil {
                add(
                    "validation.reference_videos",
                    "'validation.reference_videos' is needed when 'conditioning.mode' is reference_video")
            }
            if c.model.trainingMode != .lora {
                add(
                    "model.training_mode",
                    "'model.training_mode' must be lora when 'conditioning.mode' is reference_video")
            }
        }
        // Sampling would stop at the first validation; better now than after the model is loaded.
        if v.interval != nil, !v.prompts.isEmpty, v.videoDims.width % 32 != 0 || v.videoDims.height % 32 != 0 {
            add(
                "validation.video_dims",
                "'validation.video_dims' must have a width and height in 32s, got \(v.videoDims)")
        }
    }

    mutating func schedule(_ c: TrainingConfiguration) {
        let o = c.optimization
        arguments(
            o.optimizerParams, o.optimizerType.parameters, "optimization.optimizer_params",
            "the optimizer \(o.optimizerType.rawValue)")
        if o.loraPlusRatio != 1, c.model.trainingMode != .lora || o.optimizerType == .prodigy {
            let reason =
                c.model.trainingMode == .lora
                ? "prodigy finds one rate for all parameters" : "'model.training_mode' is full, and has no adapters"
            add(
                "optimization.lora_plus_ratio",
                "'optimization.lora_plus_ratio' must be 1: \(reason)")
        }
        if o.warmupSteps >= 1, Int(exactly: o.warmupSteps) == nil {
            add(
                "optimization.warmup_steps",
                "'optimization.warmup_steps' must be a whole number of updates, or a share of the run below 1, got "
                    + "\(o.warmupSteps)")
        }
        // The reference reads no arguments for it either; `warnings` tells.
        guard o.schedulerType != .constant else { return }
        arguments(
            o.schedulerParams, o.schedulerType.parameters, "optimization.scheduler_params",
            "the \(o.schedulerType.rawValue) schedule")
    }

    mutating func others(_ c: TrainingConfiguration) {
        let f = c.flowMatching
        arguments(
            f.timestepSamplingParams, f.timestepSamplingMode.parameters, "flow_matching.timestep_sampling_params",
            "the mode \(f.timestepSamplingMode.rawValue)")
        if c.data.preprocessedDataRoot.isEmpty {
            add(
                "data.preprocessed_data_root",
                "'data.preprocessed_data_root' is not set; name the folder that preprocessing wrote")
        }
        if c.data.validationDataRoot != nil, c.data.validationSplit > 0 {
            add(
                "data.validation_data_root",
                "'data.validation_data_root' and 'data.validation_split' both say what is held out; give one of them")
        }
        if let root = c.data.validationDataRoot, !root.isEmpty,
            Path.absolute(root) == Path.absolute(c.data.preprocessedDataRoot)
        {
            add(
                "data.validation_data_root",
                "'data.validation_data_root' is the folder that is trained on; data.validation_split holds some of it out"
            )
        }
        if c.outputDir.isEmpty { add("output_dir", "'output_dir' is empty") }
        if c.hub.pushToHub, c.hub.hubModelID?.isEmpty != false {
            add("hub.hub_model_id", "'hub.hub_model_id' must be set when 'hub.push_to_hub' is true")
        }
    }

    private mutating func arguments(
        _ given: [String: Double], _ known: [NamedParameter], _ key: String, _ what: String
    ) {
        let names = known.map(\.name)
        for (name, value) in given.sorted(by: { $0.key < $1.key }) {
            if let parameter = known.first(where: { $0.name == name }) {
                if let problem = parameter.problem(value) { add(key, "'\(key)': \(name) \(problem)") }
                continue
            }
            let hint = Suggestion.hint(for: name, in: names)
            let advice = hint.isEmpty ? "; it takes \(names.joined(separator: ", "))" : hint
            add(key, "'\(key)': \(what) does not take '\(name)'\(advice)")
        }
    }
}
