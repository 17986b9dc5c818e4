import Base

/// The answer to a chat completion, out of whatever form servers give it.
struct ChatAnswer: Sendable {
    /// Without what was thought; empty where nothing was said.
    private(set) var text = ""
    /// What was thought before the answer. Never part of a caption.
    private(set) var thought = ""
    private(set) var usage = CaptionUsage()
    /// `"stop"`, `"length"`, `"content_filter"`.
    private(set) var finish = ""
    /// The model declined, in its own words.
    private(set) var refusal: String?

    /// Nil for what is no answer.
    init?(_ body: [UInt8]) {
        guard let json = try? JSON(parsing: body), let choice = json["choices"]?.array?.first else { return nil }
        let message = choice["message"]
        let parts = Self.parts(message?["content"])
        var said = parts.text
        thought = parts.thought
        for name in ["reasoning_content", "reasoning", "thinking"] where thought.isEmpty {
            thought = message?[name]?.string ?? ""
        }
        // Thinking that a template has put into the answer itself.
        if let end = said.ranges(of: "</think>").last {
            thought += said[..<end.lowerBound]
            said = String(said[end.upperBound...])
        } else if Lines.trimmed(said).hasPrefix("<think>") {
            (thought, said) = (thought + said, "")
        }
        text = Lines.trimmed(said)
        finish = choice["finish_reason"]?.string ?? ""
        refusal = message?["refusal"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let counts = json["usage"]
        usage.input = counts?["prompt_tokens"]?.integer ?? 0
        usage.output = counts?["completion_tokens"]?.integer ?? 0
        usage.thinking = counts?["completion_tokens_details"]?["reasoning_tokens"]?.integer ?? 0
    }
    /// A text, or a list of parts.
    private static func parts(_ content: JSON?) -> (text: String, thought: String) {
        if let text = content?.string { return (text, "") }
        var text = "", thought = ""
        for part in content?.array ?? [] {
            if part["type"]?.string == "thinking" || part["type"]?.string == "reasoning" {
                thought += part["thinking"]?.string ?? part["text"]?.string ?? ""
            } else {
                text += part["text"]?.string ?? part.string ?? ""
            }
        }
        return (text, thought)
    }

    /// It ended because there was no room for more.
    var isCut: Bool { finish == "length" }
    /// The size of the context that it has run into, as local servers have them; they drop the beginning without a word.
    var contextLimit: Int? {
        let total = usage.input + usage.output
        return isCut && [2048, 4096, 8192, 16384, 32768].contains(total) ? total : nil
    }
    /// Why there is no answer; nil where there is one.
    func emptiness(limit: Int) -> String? {
        guard text.isEmpty else { return nil }
        if let refusal { return "the model declined: '\(APIFailure.short(refusal))'" }
        if !thought.isEmpty || usage.thinking > 0 {
            let spent = usage.thinking > 0 ? usage.thinking : usage.output
            return
                "the token budget was used for thinking (\(spent) of \(limit)) and no caption came; 'max_new_tokens' gives more"
        }
        return isCut ? "the answer was cut off before its first word (\(limit) tokens)" : "the answer is empty"
    }
}
