import Base

/// What is wrong with a configuration.
public enum ConfigurationError: UserError {
    /// One key or more of a file, or of a value set by hand (`path` is `nil` then). Never empty.
    case invalid([ConfigurationProblem], path: String?)
    /// A value was given for a place that the template does not have.
    case unknownPlaceholder(String, known: [String], path: String?)
    /// No template of that name.
    case unknownTemplate(String, known: [String], folder: String)

    /// `"config.invalid"` and its kin.
    public var kind: String {
        switch self {
        case .invalid(let problems, _): (problems.first?.reason ?? .invalid).rawValue
        case .unknownPlaceholder: "config.unknown_placeholder"
        case .unknownTemplate: "config.unknown_template"
        }
    }
    /// The file, or the folder of templates.
    public var path: String? {
        switch self {
        case .invalid(_, let path), .unknownPlaceholder(_, _, let path): path
        case .unknownTemplate(_, _, let folder): folder
        }
    }
    /// The dotted path of the first problem, or the name that is not known.
    public var key: String? {
        switch self {
        case .invalid(let problems, _): problems.first?.key
        case .unknownPlaceholder(let name, _, _), .unknownTemplate(let name, _, _): name
        }
    }

    /// One line: the first problem with its place, then the names of the others.
    public var description: String {
        let file = path.map { "'\($0)': " } ?? ""
        switch self {
        case .invalid(let problems, _):
            guard let first = problems.first else { return file + "invalid configuration" }
            let others = problems.dropFirst().map { $0.key + ($0.place.map { " in line \($0.line)" } ?? "") }
            let more = others.isEmpty ? "" : "; also wrong: \(others.prefix(4).joined(separator: ", "))"
            return file + first.description + more + (others.count > 4 ? " and \(others.count - 4) more" : "")
        case .unknownPlaceholder(let name, let known, _):
            let has = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
            return file + "the template has no place '\(name)'\(Suggestion.hint(for: name, in: known)); \(has)"
        case .unknownTemplate(let name, let known, let folder):
            return "no template '\(name)' in '\(folder)'\(Suggestion.hint(for: name, in: known)); "
                + (known.isEmpty ? "there is none" : "there are \(known.joined(separator: ", "))")
        }
    }
}
