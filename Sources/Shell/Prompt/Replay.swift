import Base

/// A transcript or script, cut into the inputs that were typed and what each printed.
struct Replay {
    /// One input and what the transcript says it printed: lines beginning with `--> ` or, of errors, `--! `.
    struct Step: Equatable {
        var input: String
        var printed: [String] = []
    }
    private(set) var steps: [Step] = []
    /// True for a transcript, which says what was printed; a script does not.
    private(set) var isTranscript = false

    /// Throws `PromptFailure` for a text that ends within a chunk.
    init(_ text: String, path: String, isIncomplete: (String) -> Bool) throws {
        var chunk = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if chunk.isEmpty {
                if line.hasPrefix("-- ltxsh ") { isTranscript = true }
                if line.hasPrefix("--: ") {
                    steps.append(Step(input: String(line.dropFirst(4))))
                } else if line.hasPrefix("--> ") || line.hasPrefix("--! "), !steps.isEmpty {
                    steps[steps.count - 1].printed.append(line)
                }
                if line.hasPrefix("--") || line.allSatisfy(\.isWhitespace) { continue }
            }
            chunk += chunk.isEmpty ? line : "\n" + line
            if isIncomplete(chunk) { continue }
            steps.append(Step(input: chunk))
            chunk = ""
        }
        if !chunk.isEmpty { throw PromptFailure(message: "'\(path)' ends in the middle of a chunk; nothing was run") }
    }

    /// What is different, as lines to show: `-` was printed then, `+` is printed now. Empty when nothing is.
    static func difference(_ then: [String], _ now: [String]) -> [String] {
        let changes = now.filter { !isTiming($0) }.difference(from: then.filter { !isTiming($0) })
        guard !changes.isEmpty else { return [] }
        return changes.removals.map { "- " + Self.line($0) } + changes.insertions.map { "+ " + Self.line($0) }
    }
    /// What `:time` and `:timeit` say, which is never the same twice.
    private static func isTiming(_ line: String) -> Bool {
        line.hasPrefix("--! ") && (line.contains(Prompt.timingMark) || line.contains(Prompt.roundsMark))
    }
    private static func line(_ change: CollectionDifference<String>.Change) -> String {
        switch change {
        case .insert(_, let line, _), .remove(_, let line, _): SafeText.line(String(line.dropFirst(4)))
        }
    }
}

/// Gathers what is written, in the lines of a transcript.
private final class OutputGatherer {
    private var output = OutputLines()
    private var lines: [String] = []

    func add(_ text: String, isError: Bool) { output.add(text, isError: isError, keep) }
    /// Everything since the last call.
    func take() -> [String] {
        output.flush(keep)
        defer { lines = [] }
        return lines
    }
    /// Keys are masked as the file has them.
    private func keep(_ line: String, isError: Bool) {
        lines.append(Secrets.redacted(OutputLines.transcript(line, isError: isError)))
    }
}

extension Prompt {
    /// Runs a transcript or a script input by input, as if typed, and says what a transcript's inputs print differently now.
    ///
    /// Throws `FileError` for a file that cannot be read, `PromptFailure` for one that ends within a chunk or replays itself.
    func replay(_ path: String) throws {
        guard !path.isEmpty else { throw PromptFailure(message: ":replay needs a file: :replay session.lua") }
        guard replayDepth < 8 else { throw PromptFailure(message: "'\(path)' replays itself") }
        let text = try Files.text(Path.expandingTilde(path))
        let replay = try Replay(text, path: path) { interpreter.isIncomplete($0) }
        replayDepth += 1
        let gatherer = OutputGatherer(), place = console.listeners.count
        console.listeners.append { gatherer.add($0, isError: $1) }
        defer {
            console.listeners.remove(at: place)
            replayDepth -= 1
        }
        let style = console.terminal.errorStyle
        var done = 0, different = 0
        for step in replay.steps {
            // An input that Ctrl-C ended ends the replay too.
            if wasInterrupted || hasLeft { break }
            echo(step.input)
            _ = gatherer.take()
            run(step.input)
            done += 1
            let now = gatherer.take()
            guard replay.isTranscript, !wasInterrupted else { continue }
            let difference = Replay.difference(step.printed, now)
            guard !difference.isEmpty else { continue }
            different += 1
            console.message(style(.warning, "this printed something else in '\(SafeText.line(path))':"))
            for line in difference { console.message(style(.quiet, "  " + line)) }
        }
        let inputs = "\(done)\(done == replay.steps.count ? "" : " of \(replay.steps.count)") inputs"
        let verdict =
            !replay.isTranscript ? "" : different == 0 ? ", the same output" : ", \(different) with other output"
        note("replayed \(inputs)\(verdict)")
    }
    /// Shows an input as if it had been typed.
    private func echo(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { SafeText.line(String($0)) }
        console.freshLine()
        console.write(console.terminal.style(.name, "ltx>") + " " + lines.joined(separator: "\n  >> ") + "\n")
    }
}
