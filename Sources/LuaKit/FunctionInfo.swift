/// A bound function, as help, completion and the generated references see it.
public struct FunctionInfo: Sendable {
    /// The class or namespace; `nil` for a global function.
    public let owner: String?
    /// Its own name.
    public let name: String
    /// One line.
    public let help: String
    /// Arguments and options in order.
    public let arguments: [ArgumentInfo]
    /// The result's type; `nil` for none.
    public let result: String?
    /// Lua code that shows it in use.
    public let example: String?
    /// Called with a colon.
    public let isMethod: Bool

    /// `Dataset:split`, `Dataset.open`, `time`.
    public var path: String { owner.map { "\($0)\(isMethod ? ":" : ".")\(name)" } ?? name }

    /// How it is called: `Dataset:replace(pattern, replacement)`, `Dataset:split{ detector=, threshold= }`.
    public var signature: String {
        let positional = arguments.filter { !$0.isOption }, options = arguments.filter(\.isOption)
        var shown = options.prefix(6).map { "\($0.name)=" }.joined(separator: ", ")
        if options.count > 6 { shown += ", …" }
        if positional.isEmpty, !options.isEmpty { return "\(path){ \(shown) }" }
        let list =
            positional.map { $0.isOptional ? "[\($0.name)]" : $0.name } + (options.isEmpty ? [] : ["{ \(shown) }"])
        return "\(path)(\(list.joined(separator: ", ")))"
    }
}
