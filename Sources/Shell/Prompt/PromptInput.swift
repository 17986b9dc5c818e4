/// One input at the prompt, by its first character.
enum PromptInput: Equatable {
    case nothing
    /// Lua. `shows`: whether values are printed (no `;` at the end).
    case chunk(String, shows: Bool)
    /// `?x`, `x?`: help; `?` alone: the overview.
    case help(String)
    /// `??x`
    case source(String)
    /// `!command`, and `$ command` as torch's shell has it.
    case shell(String)
    /// `:name arguments`
    case command(name: String, arguments: String)

    init(_ text: String) {
        let line = PromptInput.trimmed(text)
        switch line.first {
        case nil: self = .nothing
        case "?":
            let isSource = line.hasPrefix("??")
            let topic = PromptInput.trimmed(line.drop { $0 == "?" })
            self = isSource && !topic.isEmpty ? .source(topic) : .help(topic)
        case "!", "$": self = .shell(PromptInput.trimmed(line.dropFirst()))
        // `::name::` is a Lua label.
        case ":" where !line.hasPrefix("::"):
            let words = line.dropFirst().split(separator: " ", maxSplits: 1)
            self = .command(
                name: words.first.map(String.init) ?? "",
                arguments: words.count > 1 ? PromptInput.trimmed(words[1]) : "")
        default:
            // As IPython has it. Lua has no `?`, so nothing is lost.
            if line.hasSuffix("?"), !line.contains("\n"), let topic = PromptInput.topic(line.dropLast()) {
                self = .help(topic)
            } else {
                self = .chunk(text, shows: !line.hasSuffix(";"))
            }
        }
    }
    /// True for input that is complete whatever Lua thinks of it.
    var isCommand: Bool {
        switch self {
        case .chunk: false
        default: true
        }
    }

    private static func topic(_ text: Substring) -> String? {
        text.allSatisfy { $0.isLetter || $0.isNumber || "_.:".contains($0) } && !text.isEmpty ? String(text) : nil
    }
    private static func trimmed(_ text: some StringProtocol) -> String {
        var text = text[...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
