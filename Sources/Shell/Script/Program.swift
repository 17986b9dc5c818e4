import Base
import Glibc
import LuaKit
import Torch
import Workbench

/// The program `ltxsh`: its command line, its scripts, its exit status.
package enum Program {
    /// The version that `--version` prints.
    package static let version = "0.1.0"

    /// With the commit, Lua and libtorch: the one that is loaded, or that there is none.
    private static var about: String {
        let commit = Installation.commit.map { " (\($0))" } ?? "", torch = Backend.version
        return "ltxsh \(version)\(commit), Lua 5.4, \(torch.isEmpty ? "no libtorch" : "libtorch \(torch)")"
    }
    /// The command line. What is not UTF-8 in code is written out, as at the prompt.
    package static func words(_ pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> [String] {
        var words: [String] = []
        while let word = pointers[words.count] {
            words.append(TypedBytes(UnsafeRawBufferPointer(start: word, count: strlen(word))).text)
        }
        return words
    }
    /// Runs the program; the words are those after its name. Returns the exit status.
    package static func run(_ words: [String], name: String = "ltxsh") -> Int32 {
        // A parent may have blocked them; Ctrl-C would then reach nothing.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        Signals.install()
        let console = Console.shared
        let status = run(words, name, console)
        guard let failure = console.outputFailure else { return status }
        console.failure(PromptFailure(message: "\(failure)"))
        return max(status, 1)
    }

    /// Ends the process. Work that was given up and has not come to its safe point, and the threads that talk to other ranks, would lose
    /// the libraries under their feet if those tidied up: then it ends at once.
    package static func end(_ status: Int32) -> Never {
        let isBusy = ForegroundWork.hasAbandoned || !JobBoard.shared.running.isEmpty || SessionRanks.hasJoined
        guard isBusy else { exit(status) }
        fflush(nil)
        _exit(status)
    }

    private static func run(_ words: [String], _ name: String, _ console: Console) -> Int32 {
        do {
            let options = try CommandLineOptions(words, program: name)
            console.terminal = Terminal(color: options.color)
            console.terminal.isWide = options.isWide
            ForegroundWork.terminal = console.terminal
            if options.showsHelp {
                console.write(CommandLineOptions.help + "\n")
                return 0
            }
            if options.showsVersion {
                console.write(Self.about + "\n")
                return 0
            }
            // One that was started so has it on its command line, too.
            if let processes = options.processes, Environment["LTXSH_LAUNCHER"] == nil {
                guard try SessionRanks.place() == nil else {
                    throw UsageError("'--nproc' starts the ranks itself: leave it out under torchrun, srun or mpirun")
                }
                try options.requireScript()
                return try Launcher(count: processes, words: words, name: name).run()
            }
            return try run(options, console)
        } catch let error as UsageError {
            console.message("ltxsh: \(error)\n\nltxsh --help shows the command line.")
            return 2
        } catch let failure as LuaFailure {
            return report(PromptFailure(failure), console)
        } catch {
            console.failure(PromptFailure(message: "\(error)"))
            return 1
        }
    }

    private static func run(_ options: CommandLineOptions, _ console: Console) throws -> Int32 {
        // What goes wrong is on standard error anyway; a log is for those who ask for one.
        if options.logFile != nil || options.logLevel != nil {
            try Log.shared.configure(options.logLevel ?? .warning, file: options.logFile)
        }
        let session = Session(), place = try SessionRanks.place()
        if let place {
            try options.requireScript()
            try RankProcess.begin(place, console)
        }
        session.device = SessionDevice(name: options.device, place: place)
        if let threads = options.threads ?? ThreadBudget.threads(processes: place?.localSize ?? 1) {
            Backend.prefer(threads: threads)
        }
        if options.ignoresEnvironment {
            for name in ["LUA_PATH", "LUA_PATH_5_4", "LUA_CPATH", "LUA_CPATH_5_4", "LUA_INIT", "LUA_INIT_5_4"] {
                unsetenv(name)
            }
        }
        let interpreter = try Interpreter(session)
        if options.warns { try interpreter.run(Array("warn('@on')".utf8), name: "=(command line)") }
        if options.isSafe { try interpreter.makeSafe() }
        interpreter.lua.receiveInterrupts()
        if let folder = options.docsFolder {
            try ReferenceWriter(interpreter.lua).write(to: folder)
            return 0
        }
        if options.isCheckup {
            let checkup = Checkup.here(interpreter.lua, console.terminal)
            console.show(CheckupReport(checkup).lines(DisplayContext(console.terminal)))
            return checkup.isFit ? 0 : 1
        }
        try interpreter.setArguments(options.before, options.script)
        try interpreter.setSearchPath(script: nil)
        // Modules, as in lua.c, are no reason not to be interactive.
        let isOnlyLibraries = options.actions.allSatisfy { if case .library = $0 { true } else { false } }
        // A person at a terminal gets the prompt. Anything else on standard input is a script; lines as one types them, which are
        // none, are read as if they were typed.
        var options = options
        if isOnlyLibraries, !options.isInteractive, !console.terminal.isInteractive {
            let input = try interpreter.readStandardInput()
            interpreter.standardInput = input
            if !interpreter.isTyped(input) { options.actions.append(.standardInput) }
        }
        let isPrompt =
            options.isInteractive || isOnlyLibraries && !options.actions.contains(.standardInput)
        let isSession = options.isInteractive || isPrompt && console.terminal.isInteractive
        if isSession || console.terminal.isInteractive {
            try interpreter.attach(console, writes: isSession || console.terminal.hasOutput)
        }
        if isSession, options.runsInit { runInit(interpreter, console) }
        // init.lua may have ended the program.
        var status = interpreter.exitStatus ?? 0
        for action in options.actions where interpreter.exitStatus == nil {
            status = run(action, interpreter, options, console)
            if status != 0 || interpreter.exitStatus != nil { break }
        }
        if isPrompt, interpreter.exitStatus == nil {
            let prompt = Prompt(
                interpreter,
                options: .init(
                    keepsHistory: options.keepsHistory, showsBanner: options.actions.isEmpty,
                    machine: options.device == "auto" ? "" : options.device, input: interpreter.standardInput),
                console: console, jobs: session.jobs)
            try interpreter.addPromptFunctions(prompt)
            status = prompt.run()
        }
        // Here, and not when the interpreter lets go of its objects, where a full disk would have nobody to tell.
        let unsaved = ForegroundWork.here(progress: false) { session.datasets.closeAll(monitor: $0) }
        for failure in unsaved { console.failure(PromptFailure(message: failure)) }
        interpreter.close()
        if status == 0 { SessionRanks.leave() }
        return unsaved.isEmpty ? status : max(status, 1)
    }

    private static func run(
        _ action: CommandLineOptions.Action, _ interpreter: Interpreter, _ options: CommandLineOptions,
        _ console: Console
    ) -> Int32 {
        Signals.onInterrupt(interpreter.interruptHook)
        Signals.startWatching()
        defer { Signals.onInterrupt(nil) }
        Log.shared.write(.info, "running \(action)")
        do {
            let arguments = Array(options.script.dropFirst())
            switch action {
            case .chunk(let source): try interpreter.run(Array(source.utf8), name: "=(command line)")
            case .library(let name):
                try interpreter.run(
                    Array("local name = ... _G[name] = require(name)".utf8), name: "=(command line)",
                    arguments: [.string(name)])
            case .script(let path): try interpreter.runScript(path, arguments: arguments)
            case .standardInput: try interpreter.runStandardInput(arguments: arguments)
            }
            // Work that was stopped may have returned what it had, and the chunk come to its end all the same.
            if Signals.stopRequested { return Signals.termination.map { 128 + $0 } ?? 130 }
            return interpreter.session.jobs.finishAll(console)
        } catch let exit as PromptExit {
            return exit.status
        } catch let failure as LuaFailure {
            return report(PromptFailure(failure), console)
        } catch let error as Cancelled {
            return report(PromptFailure(message: error.description, isInterrupt: true), console)
        } catch {
            return report(PromptFailure(message: "\(error)"), console)
        }
    }
    private static func report(_ failure: PromptFailure, _ console: Console) -> Int32 {
        if let signal = Signals.termination {
            Log.shared.write(.warning, "ended by signal \(signal)")
            return 128 + signal
        }
        Log.shared.write(.error, failure.isInterrupt ? "interrupted" : failure.message)
        console.failure(failure)
        return failure.isInterrupt ? 130 : 1
    }

    /// Where `init.lua` is, or would be.
    static var initFile: String {
        let folder =
            Environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? Path.expandingTilde("~/.config")
        return Path.join(folder, "ltxsh/init.lua")
    }
    /// `init.lua`: what goes wrong in it is said, and the shell starts all the same.
    private static func runInit(_ interpreter: Interpreter, _ console: Console) {
        let path = initFile
        guard Files.exists(path) else { return }
        Signals.onInterrupt(interpreter.interruptHook)
        defer {
            Signals.onInterrupt(nil)
            Signals.clear()
        }
        do { try interpreter.run(Interpreter.withoutShebang(try Files.read(path)), name: "@" + path) } catch {
            if error is PromptExit { return }
            let failure = (error as? LuaFailure).map { PromptFailure($0) } ?? PromptFailure(message: "\(error)")
            console.message(console.terminal.errorStyle(.warning, "init.lua did not finish:"))
            console.failure(failure)
        }
    }
}

extension JobBoard {
    /// Waits for the jobs that a script left running, showing what they say; a script's work is not dropped at its end.
    fileprivate func finishAll(_ console: Console) -> Int32 {
        let watcher = JobWatcher(
            self, style: console.terminal.errorStyle, isUnicode: console.terminal.isUnicode, isLive: false)
        var asked = 0
        while true {
            for piece in watcher.take() {
                switch piece {
                case .line(let line): console.message(line)
                case .call(let body): body()
                }
            }
            // Over and not shown yet counts: whether it failed is known when its end has been shown.
            if all.isEmpty { break }
            while asked < Signals.stopRequests {
                asked += 1
                for job in running { job.requestStop() }
            }
            Signals.sleep(milliseconds: 200)
        }
        if asked > 0 { return Signals.termination.map { 128 + $0 } ?? 130 }
        return hasFailures ? 1 : 0
    }
}
