import Base

/// What a LoRA file says of its adapters in its header: peft's configuration, as diffusers writes and reads it
/// (`lora_adapter_metadata`, a JSON object with keys under `transformer.`).
struct LoRAMetadata {
    private let alpha: Double
    private let patterns: [(pattern: String, alpha: Double)]

    /// The name of the text in the header.
    static let name = "lora_adapter_metadata"
    /// The name of the text that has the trigger word.
    static let trigger = "trigger_word"

    /// Nil when the header says nothing of alpha.
    init?(_ metadata: [String: String]) {
        guard let text = metadata[Self.name], let members = try? JSON(parsing: text).object?.members else { return nil }
        func value(_ name: String) -> JSON? {
            members.first { $0.key == "transformer.\(name)" || $0.key == name }?.value
        }
        guard let alpha = value("lora_alpha")?.number else { return nil }
        self.alpha = alpha
        patterns = (value("alpha_pattern")?.object?.members ?? []).compactMap { key, value in
            value.number.map { (key, $0) }
        }
    }

    /// A module's alpha: that of the pattern which its path is or ends in, else that of all.
    func alpha(of module: String) -> Double {
        patterns.first { module == $0.pattern || module.hasSuffix(".\($0.pattern)") }?.alpha ?? alpha
    }

    /// What a LoRA file of ours says of its adapters: peft's configuration, and for people the rank and the alpha, where all have
    /// one.
    static func texts(_ adapters: [(module: String, rank: Int, alpha: Double)]) -> [String: String] {
        var texts = ["format": "pt", name: text(adapters)]
        if Set(adapters.map(\.rank)).count == 1 { texts["rank"] = adapters.first.map { "\($0.rank)" } }
        if Set(adapters.map(\.alpha)).count == 1 {
            texts["alpha"] = adapters.first.map { number($0.alpha).compactText }
        }
        return texts
    }

    /// The text that tells a reader what it would otherwise guess: peft's configuration with rank, alpha and targets, the most
    /// frequent pair for all and the rest by pattern.
    ///
    /// - Parameter adapters: module, rank and alpha of each.
    static func text(_ adapters: [(module: String, rank: Int, alpha: Double)]) -> String {
        struct Pair: Hashable { let rank: Int, alpha: Double }
        var counts: [Pair: Int] = [:]
        for adapter in adapters { counts[Pair(rank: adapter.rank, alpha: adapter.alpha), default: 0] += 1 }
        let usual = counts.max { ($0.value, $0.key.rank) < ($1.value, $1.key.rank) }?.key ?? Pair(rank: 1, alpha: 1)
        var ranks = JSONObject(), alphas = JSONObject()
        for adapter in adapters where Pair(rank: adapter.rank, alpha: adapter.alpha) != usual {
            ranks[adapter.module] = .integer(adapter.rank)
            alphas[adapter.module] = number(adapter.alpha)
        }
        // Whole paths: an ending would also name layers that have no adapter.
        let targets = adapters.map(\.module).sorted()
        let fields: [(String, JSON)] = [
            ("transformer.alpha_pattern", .object(alphas)), ("transformer.lora_alpha", number(usual.alpha)),
            ("transformer.peft_type", .string("LORA")), ("transformer.r", .integer(usual.rank)),
            ("transformer.rank_pattern", .object(ranks)),
            ("transformer.target_modules", .array(targets.map(JSON.string))),
        ]
        return JSON.object(JSONObject(fields.map { (key: $0.0, value: $0.1) })).compactText
    }
    private static func number(_ value: Double) -> JSON { Int(exactly: value).map(JSON.integer) ?? .number(value) }
}
