import Base

/// What is wrong with a tokenizer, or with what it was asked.
public enum TextError: UserError {
    /// A tokenizer file that cannot be used, and why.
    case malformed(path: String, reason: String)
    /// A tokenizer of another kind than this module reads.
    case unsupported(path: String, what: String)
    /// A token ID outside the vocabulary.
    case identifier(Int, vocabulary: Int)
    /// A length that leaves no room.
    case length(Int)
    /// The trainer's own words.
    case training(String)
    case outOfMemory(String)

    /// A stable name for scripts.
    public var kind: String {
        switch self {
        case .malformed: "tokenizer.malformed"
        case .unsupported: "tokenizer.unsupported"
        case .identifier: "tokenizer.identifier"
        case .length: "tokenizer.length"
        case .training: "tokenizer.training"
        case .outOfMemory: "memory"
        }
    }
    /// The tokenizer file, where there is one.
    public var path: String? {
        switch self {
        case .malformed(let path, _), .unsupported(let path, _): path
        default: nil
        }
    }
    /// The sentence for the user.
    public var description: String {
        switch self {
        case .malformed(let path, let reason):
            "'\(path)' is not a usable tokenizer file: \(reason)"
        case .unsupported(let path, let what):
            "'\(path)': \(what) is not supported; a T5 tokenizer with a spiece.model is"
        case .identifier(let id, let count): "token ID \(id) is outside the vocabulary (0 to \(count - 1))"
        case .length(let length):
            "a text of at most \(length) tokens leaves no room for the end token; ask for 1 or more"
        case .training(let reason): "the tokenizer cannot be trained: \(reason)"
        case .outOfMemory(let what): "out of memory while \(what)"
        }
    }
}
