import Base

/// What came of captioning.
public struct CaptionResult: Sendable {
    /// A clip that got no caption, or one that is worth a look.
    public struct Remark: Sendable {
        /// The clip's media path.
        public let clip: String
        /// Why, in a sentence.
        public let reason: String
        /// What the model said, for one that is worth a look.
        public var caption: String?
        /// Whether that is the clip's caption now.
        public var isKept = false
    }
    /// Captions that were written.
    public internal(set) var written = 0
    /// Clips that were left alone: captioned already, excluded, or edited by somebody meanwhile.
    public internal(set) var skipped = 0
    /// Of the skipped, those that somebody edited while they were asked about.
    var passed = 0
    /// Captions taken over from a clip with the same pictures; they count as written.
    public internal(set) var duplicates = 0
    public internal(set) var failed: [Remark] = [], suspect: [Remark] = []
    /// Tokens of all questions, those of failed clips among them.
    public internal(set) var usage = CaptionUsage()
    /// Wall time.
    public internal(set) var seconds = 0.0

    /// One sentence.
    public var summary: String {
        var parts = ["\(written) written"]
        if skipped > 0 { parts.append("\(skipped) skipped") }
        if !failed.isEmpty { parts.append("\(failed.count) failed") }
        if !suspect.isEmpty { parts.append("\(suspect.count) suspect") }
        if usage.input + usage.output > 0 { parts.append("\(usage.input) + \(usage.output) tokens") }
        return parts.joined(separator: ", ")
    }
}
