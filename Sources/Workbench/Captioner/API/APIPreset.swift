import Base

/// What is known of a kind of server that speaks OpenAI's format: facts of November 2026, none of which is taken for granted.
struct APIPreset: Sendable {
    let name: String
    /// Nil: the user says it.
    var endpoint: String?
    /// Environment variables that may hold an address or the key, in order.
    var addressVariables: [String] = [], keyVariables: [String] = []
    var needsKey = false
    /// What the limit of new tokens is called. The other name is tried when this one is refused.
    var limitName = "max_tokens"
    /// Sent along so that nothing is thought before the answer.
    var quiet: JSON = [:]
    var frames = 8
    /// Pixels of the longest side.
    var size = 768
    var concurrency = 4
    /// Seconds for one answer.
    var timeout = 120.0
    var models: [ModelFacts] = []
    /// A model to fall back on where the server does not list any.
    var usualModel: String?
    /// Files can be uploaded, shown by their id, and deleted.
    var takesFiles = false
    /// What may be wrong with a key that the server does not know.
    var keyHint: String?

    /// What is known of the models whose names begin so.
    struct ModelFacts: Sendable {
        let prefix: String
        var quiet: JSON = [:]
        /// Thinking cannot be switched off and needs room.
        var leastTokens = 0
        /// The server has its own temperature and refuses any other.
        var fixesSampling = false
        var isForCode = false
        /// Dollars for a million tokens.
        var price: TokenPrice?
    }
    func facts(_ model: String) -> ModelFacts? { models.first { model.hasPrefix($0.prefix) } }
}

/// What a million tokens cost.
public struct TokenPrice: Sendable, Equatable {
    public var input: Double, output: Double
    /// In one currency.
    public init(input: Double, output: Double) { (self.input, self.output) = (input, output) }
}

extension APIPreset {
    /// Any server.
    static let plain = APIPreset(name: "api")

    static let all: [APIPreset] = [
        kimi(.cn),
        APIPreset(
            name: "openai", endpoint: "https://api.openai.com/v1", keyVariables: ["OPENAI_API_KEY"], needsKey: true,
            limitName: "max_completion_tokens"),
        APIPreset(
            name: "gemini", endpoint: "https://generativelanguage.googleapis.com/v1beta/openai",
            keyVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"], needsKey: true, quiet: ["reasoning_effort": "none"]),
        APIPreset(
            name: "openrouter", endpoint: "https://openrouter.ai/api/v1", keyVariables: ["OPENROUTER_API_KEY"],
            needsKey: true),
        // Its context is 4,096 tokens whatever is asked, and what does not fit is cut off without a word.
        APIPreset(
            name: "ollama", endpoint: "http://127.0.0.1:11434/v1", addressVariables: ["OLLAMA_HOST"],
            quiet: ["reasoning_effort": "none"], frames: 4, size: 512, concurrency: 1, timeout: 600),
        APIPreset(name: "lmstudio", endpoint: "http://127.0.0.1:1234/v1", concurrency: 1, timeout: 600),
        APIPreset(
            name: "vllm", endpoint: "http://127.0.0.1:8000/v1",
            quiet: ["chat_template_kwargs": ["enable_thinking": false]], concurrency: 8, timeout: 600),
        APIPreset(
            name: "llamacpp", endpoint: "http://127.0.0.1:8080/v1",
            quiet: ["chat_template_kwargs": ["enable_thinking": false]], concurrency: 1, timeout: 600),
    ]

    /// The two platforms of Moonshot. Accounts and keys of one are not known to the other.
    enum Region: String, Sendable, CaseIterable {
        case cn, ai
        var host: String { "api.moonshot.\(rawValue)" }
    }
    static func kimi(_ region: Region) -> APIPreset {
        let other: Region = region == .cn ? .ai : .cn
        return APIPreset(
            name: "kimi", endpoint: "https://\(region.host)/v1",
            addressVariables: ["MOONSHOT_BASE_URL", "KIMI_BASE_URL"],
            keyVariables: ["MOONSHOT_API_KEY", "KIMI_API_KEY"], needsKey: true, limitName: "max_completion_tokens",
            models: [
                ModelFacts(
                    prefix: "kimi-k2.6", quiet: ["thinking": ["type": "disabled"]], fixesSampling: true,
                    price: TokenPrice(input: 0.95, output: 4)),
                ModelFacts(prefix: "kimi-k2.7-code", leastTokens: 4096, fixesSampling: true, isForCode: true),
                ModelFacts(
                    prefix: "kimi-k3.1", quiet: ["reasoning_effort": "low"], leastTokens: 4096, fixesSampling: true,
                    price: TokenPrice(input: 2, output: 10)),
                ModelFacts(
                    prefix: "kimi-k3", quiet: ["reasoning_effort": "low"], leastTokens: 4096, fixesSampling: true,
                    price: TokenPrice(input: 3, output: 15)),
            ], usualModel: "kimi-k2.6", takesFiles: true,
            keyHint:
                "a key of \(other.host) is not known to \(region.host) nor the other way round: region = \"\(other)\"")
    }
}
