/// The places that a template leaves open: `[NAME]` and `${NAME}`.
enum Placeholder {
    /// The names that the reference's templates use. In prompts only these count, since `[VISUAL]` may well be meant.
    private static let known: Set<String> = [
        "BASENAME", "RANK", "MODEL_SOURCE", "DROPOUT", "LEARNING_RATE", "STEPS", "BATCH_SIZE", "GRAD_ACCUM_STEPS",
        "MAX_GRAD_NORM", "OPTIMIZER", "SCHEDULER", "GRAD_CHECKPOINTING", "FIRST_FRAME_COND_P", "MIXED_PRECISION",
        "QUANTIZATION", "TEXT_ENCODER_8BIT", "USE_INDUCTOR", "COMPILATION_MODE", "NUM_WORKERS", "NEGATIVE_PROMPT",
        "WIDTH",
        "HEIGHT", "FRAMES", "SEED", "INFERENCE_STEPS", "VALIDATION_INTERVAL", "GUIDANCE_SCALE", "CHECKPOINT_INTERVAL",
        "KEEP_LAST_N", "TIMESTEP_SAMPLING", "QUANTIZATION_SUFFIX", "DATASET_PATH", "TRIGGER_WORD",
    ]

    /// `[RANK]` and `${RANK}` without their brackets.
    static func bare(_ name: String) -> String {
        String(name.drop { "${[".contains($0) }.prefix { !"}]".contains($0) })
    }

    /// The first open place in a value, brackets included.
    static func unfilled(in yaml: YAML, for key: ConfigurationKey) -> String? {
        let isProse = key.kind == .texts || key.path == "validation.negative_prompt"
        return unfilled(in: yaml, isProse: isProse)
    }

    private static func unfilled(in yaml: YAML, isProse: Bool) -> String? {
        switch yaml.value {
        case .string(let text):
            return places(in: text).first {
                $0.hasPrefix("$") || known.contains(bare($0)) || !isProse
            }
        // An unquoted [RANK] is a list of one word in YAML.
        case .list(let items) where items.count == 1 && !isProse:
            if let name = items[0].string, isName(name) { return "[\(name)]" }
            return unfilled(in: items[0], isProse: isProse)
        case .list(let items): return items.lazy.compactMap { unfilled(in: $0, isProse: isProse) }.first
        case .mapping(let members): return members.lazy.compactMap { unfilled(in: $0.value, isProse: isProse) }.first
        default: return nil
        }
    }

    /// Every open place of a template, bare, each once, in the order of the text.
    static func names(in yaml: YAML) -> [String] {
        var names: [String] = []
        func visit(_ node: YAML) {
            switch node.value {
            case .string(let text): names += places(in: text).map(bare).filter { !names.contains($0) }
            case .list(let items):
                if items.count == 1, let name = items[0].string, isName(name) {
                    if !names.contains(name) { names.append(name) }
                } else {
                    items.forEach(visit)
                }
            case .mapping(let members): members.forEach { visit($0.value) }
            default: break
            }
        }
        visit(yaml)
        return names
    }

    /// Fills the places that have a value. A value that stands alone takes the type it would have in YAML, so that
    /// `rank: [RANK]` becomes a number; it can never change the structure around it.
    static func fill(_ yaml: YAML, with values: [String: String]) -> YAML {
        switch yaml.value {
        case .string(let text):
            if let name = places(in: text).first, name == text, let value = values[bare(name)] {
                return YAML(YAMLScalar.resolve(value), at: yaml.place)
            }
            let filled = places(in: text).reduce(text) { text, name in
                values[bare(name)].map { text.replacing(name, with: $0) } ?? text
            }
            return YAML(.string(filled), at: yaml.place)
        case .list(let items):
            if items.count == 1, let name = items[0].string, isName(name), let value = values[name] {
                return YAML(YAMLScalar.resolve(value), at: yaml.place)
            }
            return YAML(.list(items.map { fill($0, with: values) }), at: yaml.place)
        case .mapping(let members):
            return YAML(.mapping(members.map { YAML.Member($0.key, fill($0.value, with: values)) }), at: yaml.place)
        default: return yaml
        }
    }

    private static func isName(_ text: String) -> Bool {
        text.utf8.count > 1 && text.utf8.allSatisfy { "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_".utf8.contains($0) }
            && text.utf8.first.map { ("A"..."Z").contains(Character(Unicode.Scalar($0))) } == true
    }

    /// `[NAME]` and `${NAME}` in a text, brackets included.
    private static func places(in text: String) -> [String] {
        var found: [String] = []
        var rest = text[...]
        while let start = rest.firstIndex(where: { $0 == "[" || $0 == "$" }) {
            let isList = rest[start] == "["
            let body = rest[start...].dropFirst(isList ? 1 : 2)
            let name = body.prefix { $0 != "]" && $0 != "}" }
            let opens = isList || rest[start...].hasPrefix("${")
            if opens, body.dropFirst(name.count).first == (isList ? "]" : "}"), isName(String(name)) {
                found.append(isList ? "[\(name)]" : "${\(name)}")
            }
            rest = rest[rest.index(after: start)...]
        }
        return found
    }
}
