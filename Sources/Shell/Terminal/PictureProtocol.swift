/// How pictures get onto this terminal.
enum PictureProtocol: String, Sendable, CaseIterable {
    /// Kitty's graphics protocol (APC G).
    case kitty
    /// iTerm2's inline images (OSC 1337).
    case iterm
    /// DEC sixel graphics.
    case sixel
    /// Coloured half blocks: works wherever colours do.
    case blocks
    /// No pictures: not a terminal, or switched off.
    case none

    /// The decision out of what the user asked for, the environment and the terminal's own answer.
    ///
    /// `LTXSH_IMAGES` = auto, kitty, iterm, sixel, blocks or off. Asking the terminal beats lists of terminal names, which miss
    /// many; only iTerm2 is known by name, because what it answers for kitty is less than what it can do itself.
    static func decide(
        _ terminal: Terminal, environment: (String) -> String? = { Environment[$0] }, probe: () -> TerminalProbe.Answer?
    ) -> PictureProtocol {
        guard terminal.hasOutput, terminal.canRedraw else { return .none }
        switch environment("LTXSH_IMAGES")?.lowercased() {
        case nil, "auto"?: break
        case "off"?, "none"?: return .none
        case "block"?: return .blocks
        case let name?: if let asked = PictureProtocol(rawValue: name) { return asked }
        }
        let blocks: PictureProtocol = terminal.style.depth > .none ? .blocks : .none
        guard let answer = probe() else { return blocks }
        // A multiplexer answers for itself: it may do sixel, but passes nothing else through unasked.
        let term = environment("TERM") ?? ""
        let isMultiplexed = environment("TMUX") != nil || term.hasPrefix("tmux") || term.hasPrefix("screen")
        if isMultiplexed { return answer.hasSixel ? .sixel : blocks }
        let program = environment("LC_TERMINAL") ?? environment("TERM_PROGRAM") ?? ""
        if program.hasPrefix("iTerm") { return .iterm }
        if answer.hasKitty { return .kitty }
        return answer.hasSixel ? .sixel : blocks
    }
}
