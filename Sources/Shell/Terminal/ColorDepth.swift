/// What `--color` was given.
package enum ColorChoice: String, Sendable, CaseIterable { case auto, always, never }

/// How many colours may be written.
package enum ColorDepth: Int, Sendable, Comparable {
    case none, sixteen, palette, full

    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    /// The decision for one output: flag, then `FORCE_COLOR`, then `NO_COLOR`, then whether a capable terminal listens.
    static func decide(
        _ choice: ColorChoice, isTerminal: Bool, environment: (String) -> String? = { Environment[$0] }
    ) -> ColorDepth {
        switch choice {
        case .never: return .none
        case .always: return max(.sixteen, offered(environment))
        case .auto: break
        }
        switch environment("FORCE_COLOR")?.lowercased() {
        case nil: break
        case "0", "false", "no": return .none
        case "2": return .palette
        case "3": return .full
        default: return max(.sixteen, offered(environment))
        }
        guard environment("NO_COLOR") == nil, isTerminal else { return .none }
        return offered(environment)
    }

    /// What the terminal says it can show (`COLORTERM`, `TERM`).
    private static func offered(_ environment: (String) -> String?) -> ColorDepth {
        let term = environment("TERM") ?? ""
        if term.isEmpty || term == "dumb" { return .none }
        if ["truecolor", "24bit"].contains(environment("COLORTERM") ?? "") || term.hasSuffix("-direct") {
            return .full
        }
        return term.contains("256") || term.contains("kitty") ? .palette : .sixteen
    }
}
