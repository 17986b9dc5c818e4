import Base
import Glibc
import TestSupport
import Testing

@testable import Shell

/// A program on a pseudo-terminal: keystrokes in, screen out. Tests wait for what they expect to see, never for a time.
final class PtySession {
    private(set) var screen: Screen
    private let terminal: Int32
    let process: pid_t
    /// The modes of the terminal before the program had it.
    let modesBefore: [UInt32]
    private var status: Int32?
    /// Every byte that the program wrote.
    private(set) var output: [UInt8] = []

    /// Where the programs of this build lie: beside the test bundle.
    static let programs: String = {
        var folder = Path.folder(CommandLine.arguments.first ?? ".")
        if let link = realpath("/proc/self/exe", nil) {
            free(link)
        }
        for argument in CommandLine.arguments where argument.contains(".xctest") || argument.contains("PackageTests") {
            folder = Path.folder(argument)
        }
        while folder != "/", folder != ".", !Files.exists(Path.join(folder, "prompt-fixture")) {
            folder = Path.folder(folder)
        }
        return folder
    }()
    /// A folder of its own for each session: HOME, so that no test sees another's history.
    static func makeHome() throws -> String {
        try Scratch.folder("home")
    }

    /// - Parameters:
    ///   - environment: the whole of it but `PATH`, `HOME`, `TERM` and `LANG`, which have defaults; an empty value removes one.
    ///   - command: a shell command in which `$PROGRAM` is the program; the program alone when absent.
    init(
        _ program: String = "prompt-fixture", _ arguments: [String] = [], home: String? = nil,
        environment extra: [String: String] = [:],
        columns: Int = 80, rows: Int = 24, command: String? = nil
    ) throws {
        screen = Screen(columns: columns, rows: rows)
        var main: Int32 = -1, other: Int32 = -1
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        var nameBuffer = [CChar](repeating: 0, count: 128)
        guard openpty(&main, &other, &nameBuffer, nil, &size) == 0 else {
            throw FileError.last("open a terminal for", program)
        }
        terminal = main
        var before = termios()
        tcgetattr(main, &before)
        modesBefore = [before.c_iflag, before.c_oflag, before.c_cflag, before.c_lflag]
        _ = fcntl(main, F_SETFD, FD_CLOEXEC)
        _ = fcntl(other, F_SETFD, FD_CLOEXEC)
        let name = String(decoding: nameBuffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var environment = [
            "PATH": Environment["PATH"] ?? "", "HOME": try home ?? PtySession.makeHome(), "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PROGRAM": Path.join(PtySession.programs, program),
        ]
        environment.merge(extra) { $1 }
        var actions = posix_spawn_file_actions_t(), attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // The first terminal that a session leader opens becomes its controlling terminal.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var defaults = sigset_t(), none = sigset_t()
        sigfillset(&defaults)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | 0x80 /* SETSID */))
        let words = command.map { ["/bin/sh", "-c", $0] } ?? [environment["PROGRAM"] ?? program] + arguments
        var argumentPointers = PtySession.copies(words)
        var environmentPointers = PtySession.copies(
            environment.filter { !$0.value.isEmpty }.map { "\($0.key)=\($0.value)" })
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, words[0], &actions, &attributes, &argumentPointers, &environmentPointers)
        close(other)
        guard code == 0 else { throw FileError.system(operation: "run", path: words[0], code: code) }
        process = child
    }
    deinit {
        if status == nil {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        close(terminal)
    }

    private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { text -> UnsafeMutablePointer<CChar>? in strdup(text) } + [nil]
    }

    // MARK: - Keys

    static let enter = "\r", controlC = "\u{3}", controlD = "\u{4}", tab = "\t", up = "\u{1B}[A"

    func type(_ text: String) { type(bytes: Array(text.utf8)) }
    func type(bytes: [UInt8]) {
        var at = 0
        while at < bytes.count {
            let count = bytes[at...].withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
            if count <= 0 { return }
            at += count
        }
    }
    func resize(columns: Int, rows: Int, reflows: Bool = false) {
        if reflows { screen.reflow(columns: columns) }
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        if !reflows { screen.resize(columns: columns, rows: rows) }
        _ = ioctl(terminal, UInt(TIOCSWINSZ), &size)
    }
    /// Hangs up: the terminal goes away.
    func send(_ signal: Int32) { kill(process, signal) }

    // MARK: - What is seen

    /// What was waited for in vain: the rest of the test waits no more.
    private var hasGivenUp = false
    private func end() -> Double { now() + (hasGivenUp ? 0 : Patience.limit) }

    /// Reads until the screen is as expected. Records an issue with the screen when it does not get so.
    @discardableResult
    func wait(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, until isExpected: (Screen) -> Bool
    ) -> Bool {
        let end = end()
        while !isExpected(screen) {
            let left = end - now()
            if left <= 0 || !readSome(milliseconds: Int32(min(left, 1) * 1000)) && status != nil {
                if isExpected(screen) { return true }
                hasGivenUp = true
                Issue.record("not seen: \(what)\n--- screen ---\n\(screen.text)\n---", sourceLocation: sourceLocation)
                return false
            }
        }
        return true
    }
    /// Waits for a text on the screen.
    @discardableResult
    func see(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) -> Bool {
        wait("'\(text)'", sourceLocation: sourceLocation) {
            $0.history.joined(separator: "\n").contains(text)
        }
    }
    /// Presses a key every 0.3 s until a text is on the screen, as a person does. (The system merges signals that come while one is
    /// pending, so how often a program sees Ctrl-C depends on the load of the machine.)
    func press(_ key: String, until text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let end = end()
        while now() < end {
            type(key)
            let next = now() + 0.3
            while now() < next {
                readSome(milliseconds: 50)
                if screen.history.joined(separator: "\n").contains(text) { return }
            }
        }
        hasGivenUp = true
        see(text, sourceLocation: sourceLocation)
    }
    /// Waits for the prompt with exactly this typed.
    @discardableResult
    func prompt(_ typed: String = "", mark: String = "ltx>", sourceLocation: SourceLocation = #_sourceLocation) -> Bool
    {
        let line = typed.isEmpty ? mark : "\(mark) \(typed)"
        return wait("the prompt '\(line)'", sourceLocation: sourceLocation) {
            $0.cursorLine == line && $0.hasBracketedPaste
        }
    }
    /// Whether an empty prompt waits.
    var isAtPrompt: Bool { screen.cursorLine == "ltx>" && screen.hasBracketedPaste }
    /// Reads what comes for a while, whatever it is: for keys and signals that come at any moment. What has to be there is waited
    /// for instead.
    func watch(seconds: Double) {
        let end = now() + seconds
        while now() < end, readSome(milliseconds: Int32(max(1, min(50, (end - now()) * 1000)))) {}
    }
    /// Types a line at the prompt, once it is there, and waits until it has been accepted.
    func enter(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) {
        guard prompt(sourceLocation: sourceLocation) else { return }
        accept(line, sourceLocation: sourceLocation)
    }
    /// Types the rest of a line and Enter, and waits until it has been accepted.
    func accept(_ rest: String = "", sourceLocation: SourceLocation = #_sourceLocation) {
        let before = screen.accepted
        type(rest + PtySession.enter)
        wait("'\(rest)' accepted", sourceLocation: sourceLocation) { $0.accepted > before }
    }
    /// Waits for the end of the program: its exit status, or minus the signal that ended it.
    func exitStatus(sourceLocation: SourceLocation = #_sourceLocation) -> Int32? {
        let end = end()
        while status == nil, now() < end { readSome(milliseconds: 20) }
        if status == nil { Issue.record("the program did not end\n\(screen.text)", sourceLocation: sourceLocation) }
        return status
    }
    /// The modes of the terminal, as `stty -g` would tell them.
    var modes: [UInt32] {
        var modes = termios()
        tcgetattr(terminal, &modes)
        return [modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag]
    }

    private func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    /// Reads what has come. False when nothing more can come.
    @discardableResult
    private func readSome(milliseconds: Int32) -> Bool {
        var input = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
        if poll(&input, 1, milliseconds) > 0 {
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(terminal, &bytes, bytes.count)
            if count > 0 {
                output += bytes[..<count]
                screen.feed(Array(bytes[..<count]))
                return true
            }
            // EIO: the last process that had the terminal open has gone.
            usleep(5000)
        }
        reap()
        return status == nil
    }
    private func reap() {
        guard status == nil else { return }
        var code: Int32 = 0
        if waitpid(process, &code, WNOHANG) == process {
            status = code & 0x7F == 0 ? (code >> 8) & 0xFF : -(code & 0x7F)
        }
    }
}
