import Testing

@testable import Shell

@Suite struct PictureProtocolTests {
    static func decide(_ environment: [String: String], _ answer: TerminalProbe.Answer?, isTerminal: Bool = true)
        -> PictureProtocol
    {
        var environment = environment
        if environment["TERM"] == nil { environment["TERM"] = "xterm-256color" }
        let terminal = Terminal(environment: { environment[$0] }, isTerminal: { _ in isTerminal })
        return .decide(terminal, environment: { environment[$0] }, probe: { answer })
    }
    @Test func `the terminal's answer decides, and half blocks are there for the rest`() {
        #expect(Self.decide([:], .init(hasKitty: true, hasSixel: true)) == .kitty)
        #expect(Self.decide([:], .init(hasSixel: true)) == .sixel)
        #expect(Self.decide([:], .init()) == .blocks)
        #expect(Self.decide([:], nil) == .blocks)
        #expect(Self.decide(["TERM_PROGRAM": "iTerm.app"], .init(hasKitty: true)) == .iterm)
    }
    @Test func `a multiplexer gets nothing that it would not pass on`() {
        #expect(Self.decide(["TMUX": "/tmp/x"], .init(hasKitty: true)) == .blocks)
        #expect(Self.decide(["TERM": "tmux-256color"], .init(hasSixel: true)) == .sixel)
    }
    @Test func `a pipe and a dumb terminal get no picture, and the user can choose`() {
        #expect(Self.decide([:], .init(hasKitty: true), isTerminal: false) == .none)
        #expect(Self.decide(["TERM": "dumb"], .init(hasKitty: true)) == .none)
        #expect(Self.decide(["LTXSH_IMAGES": "off"], .init(hasKitty: true)) == .none)
        #expect(Self.decide(["LTXSH_IMAGES": "sixel"], nil) == .sixel)
        #expect(Self.decide(["LTXSH_IMAGES": "auto"], .init(hasSixel: true)) == .sixel)
        #expect(Self.decide(["NO_COLOR": "1"], nil) == .none)
    }
    @Test func `replies are told from keys`() {
        let bytes = Array("a\u{1B}_Gi=31;OK\u{1B}\\b\u{1B}[?62;4;22cc".utf8)
        let parsed = TerminalProbe.parse(bytes)
        #expect(parsed?.answer == .init(hasKitty: true, hasSixel: true))
        #expect(parsed?.rest == Array("abc".utf8))
        #expect(TerminalProbe.parse(Array("\u{1B}_Gi=31;OK\u{1B}\\".utf8)) == nil)
        #expect(TerminalProbe.parse(Array("\u{1B}_Gi=31;ENOTSUPPORTED:x\u{1B}\\\u{1B}[?1;2c".utf8))?.answer == .init())
    }
}
