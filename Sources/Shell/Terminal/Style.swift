/// What a piece of text is, from which its look follows.
package enum Style: Sendable, CaseIterable {
    case heading, name, string, number, keyword, type, quiet, good, warning, error

    /// The parameters of the SGR escape (ECMA-48 §8.3.117). Only the sixteen colours that a user's theme chooses.
    fileprivate var codes: String {
        switch self {
        case .heading: "1"
        case .name: "36"
        case .string: "32"
        case .number: "33"
        case .keyword: "35"
        case .type: "34"
        case .quiet: "2"
        case .good: "32"
        case .warning: "33"
        case .error: "1;31"
        }
    }
}

/// Puts styles on text, or leaves it alone where colour is off.
package struct Stylist: Sendable {
    let depth: ColorDepth
    package init(_ depth: ColorDepth) { self.depth = depth }
    /// Never colours.
    package static let plain = Stylist(.none)

    /// `text` in the style.
    package func callAsFunction(_ style: Style, _ text: String) -> String {
        depth == .none || text.isEmpty ? text : "\u{1B}[\(style.codes)m\(text)\u{1B}[0m"
    }

    /// What stands behind output that did not end its line, before the prompt begins another: zsh's, in reverse.
    var mark: String { depth == .none ? " " : "\u{1B}[7m%\u{1B}[0m" }
}
