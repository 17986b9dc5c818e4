import Base
import Glibc

/// The interactive shell: reads, runs, shows, and lets background jobs speak in between. Main thread.
package final class Prompt {
    /// What the command line decides.
    package struct Options {
        var keepsHistory = true
        var showsBanner = true
        /// What the banner's first line says of the machine: device and threads.
        var machine = ""
        /// What has been read of the input already, where that is no terminal.
        var input: [UInt8]?

        package init(
            keepsHistory: Bool = true, showsBanner: Bool = true, machine: String = "", input: [UInt8]? = nil
        ) {
            (self.keepsHistory, self.showsBanner, self.machine, self.input) = (
                keepsHistory, showsBanner, machine, input
            )
        }
    }
    let interpreter: any PromptInterpreter
    let console: Console
    let options: Options
    private let board: JobBoard
    private let source: any PromptSource
    let watcher: JobWatcher
    private(set) var history: History
    /// The last chunk that was run, for `:edit`.
    var lastChunk = ""
    let recorder: SessionRecorder
    /// Whether each input says how long it took: `:timing on`.
    var isTiming = false
    /// How many `:replay`s are inside each other.
    var replayDepth = 0
    /// True when the last input was ended by Ctrl-C.
    private(set) var wasInterrupted = false
    private var exitStatus: Int32?
    /// An input has failed: what feeds a session that nobody sits at learns of it by the exit status.
    private var hasFailed = false
    /// Lines read so far, and the line in which the chunk that runs begins: of a file, where errors have to name it.
    private var lines = 0, chunkLine: Int?
    /// The rows of a chunk that is not complete yet.
    private var pending = ""
    /// True once the session is over.
    var hasLeft: Bool { exitStatus != nil }

    package init(
        _ interpreter: any PromptInterpreter, options: Options = Options(), console: Console = .shared,
        jobs: JobBoard = .shared
    ) {
        (self.interpreter, self.options, self.console, board) = (interpreter, options, console, jobs)
        let terminal = console.terminal
        let editor = LineEditor.shared(terminal)
        source = editor.map { EditedSource($0) } ?? PlainSource(options.input)
        history = History(options.keepsHistory && editor != nil ? History.defaultPath() : nil)
        watcher = JobWatcher(
            jobs, style: terminal.style, isUnicode: terminal.isUnicode,
            isLive: editor?.canRedraw == true && terminal.canRedraw)
        recorder = SessionRecorder(console)
        watcher.around = { [weak self] in self?.runHook($0) }
        editor?.completer = { [weak self] in self?.complete($0, $1) }
    }

    /// Runs until the user leaves. Returns the exit status: 0, what `os.exit` said, or 128 + signal; without a terminal 1 when
    /// an input failed.
    package func run() -> Int32 {
        Signals.startWatching()
        if options.showsBanner, console.terminal.isInteractive {
            console.write(Banner.text(console.terminal, options.machine))
        }
        if let trouble = history.trouble { note("history is not kept: \(trouble)") }
        while exitStatus == nil {
            switch read() {
            case .line(let line):
                lines += 1
                // The first line of a script may name its program.
                if lines == 1, line.hasPrefix("#!"), !console.terminal.isInteractive { continue }
                take(line)
            case .dropped: pending = ""
            case .end where !pending.isEmpty && !console.terminal.isInteractive:
                // Nobody goes on with it: what is missing is an error, as in a script.
                runChunk(pending)
            case .end where !pending.isEmpty:
                pending = ""
                console.write("\n")
                note("the unfinished chunk was dropped; Ctrl-D once more leaves")
            case .end: leave(status: hasFailed && !console.terminal.isInteractive ? 1 : 0)
            case .terminated: terminate()
            case .hangUp: terminate(SIGHUP)
            }
        }
        source.close()
        endSession()
        recorder.close()
        return exitStatus ?? 0
    }

    // MARK: - Reading

    private func read() -> PromptReading {
        console.freshLine()
        let style = console.terminal.style
        return source.read(
            prompt: pending.isEmpty ? style(.name, "ltx>") + " " : style(.quiet, "  >>") + " ", initial: nil, watcher)
    }
    /// Adds a line to what came before it; runs the whole when it is one.
    private func take(_ line: String) {
        if pending.isEmpty, PromptInput(line).isCommand { return run(line) }
        let chunk = pending.isEmpty ? line : pending + "\n" + line
        // A leading `=` is the old spelling of an expression: what follows is what has to be complete.
        if interpreter.isIncomplete(chunk) { pending = chunk } else { runChunk(chunk) }
    }
    /// Runs a chunk whose last line is the one read last.
    private func runChunk(_ chunk: String) {
        pending = ""
        if !console.terminal.isInteractive { chunkLine = lines - chunk.count { $0 == "\n" } }
        run(chunk)
        chunkLine = nil
    }
    private func complete(_ line: String, _ cursor: Int) -> Completion? {
        // What goes on with a chunk is Lua, whatever it begins with.
        guard pending.isEmpty else { return interpreter.complete(line, cursor: cursor, after: pending) }
        if line.hasPrefix(":"), !line.hasPrefix("::"), !line.contains(" ") {
            let typed = String(line.dropFirst())
            let found = PromptCommand.all.filter { $0.name.hasPrefix(typed) }.map {
                Completion.Candidate(":" + $0.name, type: $0.arguments, summary: $0.help)
            }
            return Completion(start: 0, candidates: found, append: " ")
        }
        if line.hasPrefix("!") {
            let command = String(decoding: Array(line.utf8).prefix(cursor).dropFirst(), as: UTF8.self)
            return PathCompletion.complete(OpenString(lastWordOf: command, at: 1), kind: .any)
        }
        // Help takes an expression: complete behind the question mark.
        let mark = line.prefix { $0 == "?" }.utf8.count
        guard mark > 0, cursor >= mark else { return interpreter.complete(line, cursor: cursor, after: "") }
        var found = interpreter.complete(String(line.dropFirst(mark)), cursor: cursor - mark, after: "")
        found?.start += mark
        return found
    }

    // MARK: - Running

    /// Runs one input, as if it had been typed.
    func run(_ text: String) {
        let input = PromptInput(text)
        guard input != .nothing else { return }
        console.isColumnUnknown = console.terminal.isInteractive
        history.add(text)
        recorder.input(text)
        wasInterrupted = false
        defer {
            wasInterrupted = wasInterrupted || Signals.stopRequested
            Signals.clear()
        }
        let start = isTiming ? Stopwatch() : nil
        defer { if let start { note(start.text) } }
        do {
            switch input {
            case .nothing: break
            case .chunk(let chunk, _) where ["exit", "quit", "exit()", "quit()"].contains(chunk): leave()
            case .chunk(let chunk, let shows):
                lastChunk = chunk
                show(try evaluate(chunk, remembers: shows), if: shows)
            case .help(let topic): console.show(try interpreter.help(topic, DisplayContext(console.terminal)))
            case .source(let name): console.show(try interpreter.source(name, DisplayContext(console.terminal)))
            case .shell(let command): try shell(command)
            case .command(let name, let arguments): try PromptCommand.find(name).run(self, arguments)
            }
        } catch { report(error, text) }
    }
    /// Runs a chunk with Ctrl-C going to it.
    func evaluate(_ chunk: String, remembers: Bool = true) throws -> [DisplayValue] {
        try interruptible { try interpreter.evaluate(chunk, line: max(1, chunkLine ?? 1), remembers: remembers) }
    }
    /// Runs `body` with Ctrl-C going to the language.
    func interruptible<Result>(_ body: () throws -> Result) throws -> Result {
        Signals.onInterrupt(interpreter.interruptHook)
        Signals.setActivity("the Lua code that is running")
        defer {
            Signals.onInterrupt(nil)
            Signals.setActivity(nil)
        }
        // A Ctrl-C that came between Enter and here was meant for this chunk.
        if Signals.stopRequested { throw PromptFailure(message: "", isInterrupt: true) }
        return try body()
    }
    /// Runs a hook of a job while the prompt waits, with Ctrl-C going to it.
    private func runHook(_ hook: () -> Void) {
        Signals.onInterrupt(interpreter.interruptHook)
        Signals.setActivity("a hook of a run")
        defer {
            Signals.onInterrupt(nil)
            Signals.setActivity(nil)
            // What was asked of the hook is answered by its end; a termination stays.
            interpreter.forgetInterrupt()
            Signals.clear()
        }
        hook()
    }
    /// Prints values as the prompt does.
    func show(_ values: [DisplayValue], if shows: Bool = true) {
        guard shows, !values.isEmpty else { return }
        let printer = ValuePrinter(DisplayContext(console.terminal))
        console.freshLine()
        console.show(values.flatMap { printer.lines($0) })
    }
    /// Of a chunk of one line everyone knows where it is: its position and its only frame say nothing.
    private static func shortened(_ failure: PromptFailure, _ chunk: String) -> PromptFailure {
        guard !chunk.contains("\n") else { return failure }
        var failure = failure
        if failure.message.hasPrefix("stdin:1: ") { failure.message.removeFirst("stdin:1: ".count) }
        if failure.traceback.last == "stdin:1: in main chunk" { failure.traceback.removeLast() }
        return failure
    }
    private func report(_ error: any Error, _ chunk: String) {
        if !(error is PromptExit) { hasFailed = true }
        switch error {
        case let exit as PromptExit: leave(status: exit.status)
        case let failure as PromptFailure:
            wasInterrupted = failure.isInterrupt
            console.failure(chunkLine == nil ? Prompt.shortened(failure, chunk) : failure)
        case is Cancelled, is AbandonedWork:
            wasInterrupted = true
            console.failure(PromptFailure(message: "\(error)", isInterrupt: true))
        default: console.failure(PromptFailure(message: "\(error)"))
        }
    }
    private func shell(_ command: String) throws {
        guard !command.isEmpty else { throw PromptFailure(message: "'!' runs a shell command: !ls -l") }
        let status = try ChildProcess.run(command)
        if status != 0 { note("exit status \(status)") }
    }
    /// A remark of the prompt itself.
    func note(_ text: String) { console.message(console.terminal.errorStyle(.quiet, text)) }

    // MARK: - Leaving

    /// Says what the session leaves behind, and keeps it for whoever asks later.
    private func endSession() {
        guard console.terminal.isInteractive else { return }
        let table = SessionTable()
        for line in table.lines(DisplayContext(console.terminal)) { console.message(line) }
        guard let path = history.path else { return }
        do { try table.append(to: Path.join(Path.folder(path), "sessions")) } catch {
            note("the table of this session is not kept: \(error)")
        }
    }

    /// Ends the session; asks first while jobs run.
    func leave(status: Int32 = 0) {
        let running = board.running
        guard !running.isEmpty else {
            if console.terminal.isInteractive { console.freshLine() }
            exitStatus = status
            return
        }
        if console.terminal.isInteractive {
            console.freshLine()
            let names = running.map(\.title).joined(separator: ", ")
            let question = "\(SafeText.line(names)) still running. Stop at the next safe point, save and leave? [y/N] "
            switch source.read(prompt: question, initial: nil, watcher) {
            case .line(let answer) where !["y", "yes"].contains(answer.lowercased()): return
            case .dropped: return
            case .terminated, .hangUp: return terminate()
            case .line, .end: break
            }
        }
        stopJobs()
        exitStatus = status
    }
    /// SIGTERM or SIGHUP: jobs stop and save, then the program ends with 128 + signal.
    private func terminate(_ signal: Int32 = SIGTERM) {
        source.close()
        stopJobs()
        exitStatus = 128 + (Signals.termination ?? signal)
    }
    /// Asks all jobs to stop and waits until they have saved. A job whose safe point does not come within a minute is left.
    private func stopJobs() {
        Signals.clear()
        for job in board.running { job.requestStop() }
        let start = Clock.seconds()
        var told = false
        while true {
            for case .line(let line) in watcher.take() { console.message(line) }
            let running = board.running
            if running.isEmpty { return }
            if Clock.seconds() - start > 60 {
                return note("not waiting any longer for \(running.map(\.title).joined(separator: ", "))")
            }
            if !told, Clock.seconds() - start > 0.5 {
                told = true
                note("waiting for \(running.map { SafeText.line($0.title) }.joined(separator: ", ")) to save")
            }
            Signals.sleep(milliseconds: 100)
        }
    }
}
