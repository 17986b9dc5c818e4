import Base

/// A LoRA that does not fit the model.
public enum AdapterError: UserError {
    case noSuchModule(String, known: [String])

    /// See `UserError`.
    public var kind: String { "lora.target" }
    /// See `UserError`.
    public var key: String? { "lora.target_modules" }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .noSuchModule(let target, let known):
            "lora.target_modules: no layer of the model is called '\(target)'\(Suggestion.hint(for: target, in: known)); "
                + "there are: \(known.joined(separator: ", "))"
        }
    }
}
