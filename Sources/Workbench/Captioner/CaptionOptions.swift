import Base

/// What `caption` was asked to do.
public struct CaptionOptions: Sendable {
    /// Captions what has a caption, too; what a person wrote here only with `edited`.
    public var override = false
    /// With `override`: also what a person wrote.
    public var edited = false
    /// The instruction for videos, and for images where it is another. Places such as `{name}` are filled in.
    public var prompt = CaptionOptions.usualPrompt
    /// For images; nil: as for videos.
    public var imagePrompt: String?
    /// A word that every caption begins with.
    public var trigger: String?
    /// Words that captions are not to have, or to have; asked for, and looked at afterwards.
    public var avoid: [String] = [], must: [String] = []
    /// A second instruction that makes a caption of the first answer, without the pictures.
    public var refine: String?
    /// Frames a second to look at; nil: as the model does.
    public var fps: Double?
    /// How long a caption may be.
    public var maxNewTokens = 200
    /// Nil: the model's own.
    public var temperature: Double?
    /// Takes away what models put around a caption.
    public var clean = true
    /// Keeps what is suspect as the caption.
    public var keepSuspect = false

    /// Upstream's instruction.
    public static let usualPrompt = "Shortly describe the content of this video in two sentences."

    /// As `cap:caption` has them.
    public init() {}

    /// Throws `CaptionerError.option` for what makes no sense.
    func check() throws {
        try CaptionPrompt.check(prompt, "prompt")
        if let imagePrompt { try CaptionPrompt.check(imagePrompt, "image_prompt") }
        if let refine { try CaptionPrompt.check(refine, "refine") }
        if edited, !override {
            throw CaptionerError.option(
                "edited", "goes with override = true: it says that your own captions may go, too")
        }
        if let trigger, trigger.contains(where: \.isNewline) || Lines.trimmed(trigger).isEmpty {
            throw CaptionerError.option("trigger", "must be a word on one line")
        }
    }
}

/// An instruction with places in it.
enum CaptionPrompt {
    static let places = ["name", "caption", "tags", "trigger", "duration", "fps", "folder"]

    /// Throws for an empty instruction and for a place that there is none for.
    static func check(_ text: String, _ option: String) throws {
        guard !Lines.trimmed(text).isEmpty else { throw CaptionerError.option(option, "must not be empty") }
        for match in text.matches(of: /\{([a-z_]+)\}/) where !places.contains(String(match.1)) {
            let name = String(match.1)
            throw CaptionerError.option(
                option,
                "has no place {\(name)}\(Suggestion.hint(for: name, in: places)) (there are: "
                    + places.map { "{\($0)}" }.joined(separator: " ") + ")")
        }
    }
    /// The text with its places filled in.
    static func filled(_ text: String, _ value: (String) -> String) -> String {
        text.replacing(/\{([a-z_]+)\}/) { match in
            places.contains(String(match.1)) ? value(String(match.1)) : String(match.0)
        }
    }
    /// What words to use and not to use, as sentences after an instruction.
    static func wishes(_ options: CaptionOptions) -> String {
        var text = ""
        if !options.avoid.isEmpty { text += " Do not mention any of: \(options.avoid.joined(separator: ", "))." }
        if !options.must.isEmpty { text += " Use each of these words: \(options.must.joined(separator: ", "))." }
        return text
    }
}
