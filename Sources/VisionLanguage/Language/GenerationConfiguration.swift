import Base

/// How a model wants to be continued: its `generation_config.json`.
public struct GenerationConfiguration: Sendable, Equatable {
    /// What makes a token that was there already less likely, the prompt's included; 1 for nothing.
    public var penalty = 1.0
    /// Only the most likely tokens that have this much of the probability together, where tokens are drawn.
    public var topP = 1.0
    /// Tokens that end an answer.
    public var ends: [Int] = []

    /// Nothing said.
    public init() {}
    /// Reads a folder; a missing file says nothing. Throws `JSONError`.
    public init(folder: String) throws {
        let path = Path.join(folder, "generation_config.json")
        guard Files.exists(path) else { return }
        let json = try Files.json(path)
        penalty = json["repetition_penalty"]?.number.flatMap { $0 > 0 ? $0 : nil } ?? 1
        topP = json["top_p"]?.number.flatMap { $0 > 0 && $0 <= 1 ? $0 : nil } ?? 1
        ends = json["eos_token_id"]?.array?.compactMap(\.integer) ?? json["eos_token_id"]?.integer.map { [$0] } ?? []
    }
}
