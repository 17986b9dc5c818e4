import Base

/// A LoRA that does not fit the model.
public enum AdapterError: UserError {
    case noSuchModule(String, known: [String], key: String)
    /// A file without tensors.
    case empty(String)
    /// Of the two matrices of an adapter one is not there.
    case half(String, missing: String)
    /// Not the two matrices of one rank.
    case shapes(String, path: String, a: [Int], b: [Int])
    /// Inputs and outputs of a layer where the file was made, and in this model.
    case otherModel(String, path: String, there: [Int], here: [Int])
    /// Keys that belong to no layer of this model.
    case foreign(String, [String])
    case alpha(String, path: String, Double)

    /// `"lora.target"` and its kin.
    public var kind: String {
        switch self {
        case .noSuchModule: "lora.target"
        case .empty, .half, .shapes, .alpha: "lora.file"
        case .otherModel, .foreign: "lora.other_model"
        }
    }
    /// The LoRA file.
    public var path: String? {
        switch self {
        case .noSuchModule: nil
        case .empty(let path), .half(let path, _), .shapes(let path, _, _, _), .otherModel(let path, _, _, _),
            .foreign(let path, _), .alpha(let path, _, _):
            path
        }
    }
    /// The configuration's key, or the tensor or layer.
    public var key: String? {
        switch self {
        case .noSuchModule(_, _, let key): key
        case .empty: nil
        case .half(_, let key), .shapes(_, let key, _, _), .otherModel(_, let key, _, _), .alpha(_, let key, _): key
        case .foreign(_, let keys): keys.first
        }
    }
    /// One line with the file and the way out.
    public var description: String {
        switch self {
        case .noSuchModule(let target, let known, let key):
            "\(key): no layer \(key == "lora.target_modules" ? "of the model" : "that gets an adapter") is called "
                + "'\(target)'\(Suggestion.hint(for: target, in: known)); "
                + "there are: \(known.joined(separator: ", "))"
        case .empty(let path): "'\(path)' has no tensors: it is no LoRA, or nothing was saved into it"
        case .half(let path, let missing):
            "'\(path)' lacks '\(missing)', the other half of an adapter that it has; save or download it again"
        case .shapes(let path, let layer, let a, let b):
            "'\(path)': the adapter of '\(layer)' has the shapes \(a) and \(b), which are no two matrices of one rank"
        case .otherModel(let path, let layer, let there, let here):
            "'\(path)' was made for another model: its '\(layer)' goes from \(there[0]) to \(there[1]) channels, "
                + "this model's from \(here[0]) to \(here[1])"
        case .foreign(let path, let keys):
            "'\(path)' was made for another model: \(keys.count) of its keys belong to no layer of this one ("
                + keys.prefix(3).map { "'\($0)'" }.joined(separator: ", ") + (keys.count > 3 ? ", …)" : ")")
        case .alpha(let path, let layer, let alpha): "'\(path)': the alpha of '\(layer)' is \(alpha), not a number"
        }
    }
}
