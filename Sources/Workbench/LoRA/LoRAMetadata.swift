import Base

/// What a LoRA file says of its adapters in its header: peft's configuration, as diffusers writes and reads it
/// (`lora_adapter_metadata`, a JSON object with keys under `transformer.`).
struct LoRAMetadata {
    private let alpha: Double
    /// Whether alpha is over the root of the rank (rsLoRA) rather than over the rank.
    private let isRankStabilised: Bool
    private let patterns: [(pattern: String, alpha: Double)]
    /// Whether it tells of modules with another rank.
    let hasRanks: Bool
    /// Whether it tells of DoRA.
    let isDecomposed: Bool

    /// What is told of one adapter.
    typealias Facts = (module: String, rank: Int, alpha: Double)

    /// The name of the text in the header.
    static let name = "lora_adapter_metadata"
    /// The name of the text that has the trigger word.
    static let trigger = "trigger_word"

    /// Nil when the header says nothing of alpha.
    init?(_ metadata: [String: String]) {
        guard let text = metadata[Self.name], let json = try? JSON(parsing: text) else { return nil }
        self.init(json)
    }
    /// peft's configuration as a file of its own (`adapter_config.json`) has it, or under `transformer.`.
    init?(_ json: JSON) {
        guard let members = json.object?.members else { return nil }
        func value(_ name: String) -> JSON? {
            members.first { $0.key == "transformer.\(name)" || $0.key == name }?.value
        }
        guard let alpha = value("lora_alpha")?.number else { return nil }
        self.alpha = alpha
        hasRanks = value("rank_pattern")?.object?.members.isEmpty == false
        isRankStabilised = value("use_rslora")?.bool == true
        isDecomposed = value("use_dora")?.bool == true
        patterns = (value("alpha_pattern")?.object?.members ?? []).compactMap { key, value in
            value.number.map { (key, $0) }
        }
    }

    /// A module's alpha: that of the pattern which its path is or ends in, else that of all; over the rank, whatever was meant.
    func alpha(of module: String, rank: Int) -> Double {
        let alpha = patterns.first { module == $0.pattern || module.hasSuffix(".\($0.pattern)") }?.alpha ?? self.alpha
        return isRankStabilised ? alpha * Double(rank).squareRoot() : alpha
    }

    /// What a LoRA file of ours says of its adapters: peft's configuration, and for people the rank and the alpha, where all have
    /// one.
    static func texts(_ adapters: [Facts], isDecomposed: Bool = false) -> [String: String] {
        var texts = ["format": "pt", name: text(adapters, isDecomposed: isDecomposed)]
        if Set(adapters.map(\.rank)).count == 1 { texts["rank"] = adapters.first.map { "\($0.rank)" } }
        if Set(adapters.map(\.alpha)).count == 1 {
            texts["alpha"] = adapters.first.map { number($0.alpha).compactText }
        }
        return texts
    }

    /// The text that tells a reader what it would otherwise guess: peft's configuration with rank, alpha and targets, the most
    /// frequent pair for all and the rest by pattern.
    ///
    /// - Parameters:
    ///   - adapters: module, rank and alpha of each.
    ///   - isDecomposed: whether they are DoRA.
    static func text(_ adapters: [Facts], isDecomposed: Bool = false) -> String {
        let dora: [(key: String, value: JSON)] = isDecomposed ? [("use_dora", true)] : []
        let fields = (fields(adapters) + dora).map { (key: "transformer.\($0.key)", value: $0.value) }
        return JSON.object(JSONObject(fields)).compactText
    }
    /// peft's `adapter_config.json`, by which `PeftModel.from_pretrained` makes the adapters anew.
    static func configuration(_ adapters: [Facts], base: String?, isDecomposed: Bool) -> JSON {
        let always: [(key: String, value: JSON)] = [
            ("base_model_name_or_path", base.map(JSON.string) ?? .null), ("bias", "none"), ("fan_in_fan_out", false),
            ("inference_mode", true), ("init_lora_weights", true), ("lora_dropout", 0.0), ("task_type", .null),
            ("use_dora", .bool(isDecomposed)), ("use_rslora", false),
        ]
        return .object(JSONObject((fields(adapters) + always).sorted { $0.key < $1.key }))
    }
    private static func fields(_ adapters: [Facts]) -> [(key: String, value: JSON)] {
        struct Pair: Hashable { let rank: Int, alpha: Double }
        func pair(_ adapter: Facts) -> Pair { Pair(rank: adapter.rank, alpha: adapter.alpha) }
        var counts: [Pair: Int] = [:]
        for adapter in adapters { counts[pair(adapter), default: 0] += 1 }
        let usual = counts.max { ($0.value, $0.key.rank) < ($1.value, $1.key.rank) }?.key ?? Pair(rank: 1, alpha: 1)
        var ranks = JSONObject(), alphas = JSONObject()
        for adapter in adapters where pair(adapter) != usual {
            ranks[adapter.module] = .integer(adapter.rank)
            alphas[adapter.module] = number(pair(adapter).alpha)
        }
        // Whole paths: an ending would also name layers that have no adapter.
        let targets = adapters.map(\.module).sorted()
        return [
            ("alpha_pattern", .object(alphas)), ("lora_alpha", number(usual.alpha)), ("peft_type", "LORA"),
            ("r", .integer(usual.rank)), ("rank_pattern", .object(ranks)),
            ("target_modules", .array(targets.map(JSON.string))),
        ]
    }
    private static func number(_ value: Double) -> JSON { Int(exactly: value).map(JSON.integer) ?? .number(value) }
}
