import Foundations

/// A LoRA that does not fit the model.
public enum AdapterError: UserError {
    case noSuchModule(String, known: [String])

    public var kind: String { "lora.target" }
    public var key: String? { "lora.target_modules" }
    public var description: String {
        switch self {
        case .noSuchModule(let target, let known):
            "lora.target_modules: no layer of the model is called '\(target)'\(Suggestion.hint(for: target, in: known)); "
                + "there are: \(known.joined(separator: ", "))"
        }
    }
}
