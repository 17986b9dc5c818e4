import Base
import Glibc

/// The person's own editor on a temporary file.
enum TextEditor {
    /// `$VISUAL`, `$EDITOR`, or what most systems have.
    static var command: String {
        for name in ["VISUAL", "EDITOR"] {
            if let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty { return value }
        }
        return Files.exists("/usr/bin/nano") ? "nano" : "vi"
    }

    /// Lets the person edit a text; returns what was saved.
    ///
    /// `accept` makes something of it; when that throws, the edited file is kept and named in the error, a
    /// `DatasetError.notTaken`. Throws `DatasetError.editor` when the editor cannot be run or fails. The terminal is the
    /// editor's until it ends.
    static func edit<Value>(_ text: String, named name: String, accept: (String) throws -> Value) throws -> Value {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let path = Path.join(folder, "ltxsh-\(getpid())-\(name).txt")
        try AtomicFile.write(text, to: path)
        do { try run(path) } catch {
            unlink(path)
            throw error
        }
        do {
            let value = try accept(Self.withoutReturns(try Files.text(path), unlessIn: text))
            unlink(path)
            return value
        } catch let error as any UserError {
            throw DatasetError.notTaken(error, kept: path)
        }
    }

    /// An editor may save a text with CR LF that had none.
    private static func withoutReturns(_ saved: String, unlessIn given: String) -> String {
        given.utf8.contains(13) ? saved : String(String.UnicodeScalarView(saved.unicodeScalars.filter { $0 != "\r" }))
    }
    private static func run(_ path: String) throws {
        let command = command
        // The command may have arguments of its own, so a shell takes it apart; the path is passed as an argument.
        let words = ["sh", "-c", "\(command) \"$1\"", "sh", path]
        var arguments = words.map { strdup($0) } + [nil]
        defer { for word in arguments { free(word) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Ctrl-C is the editor's; ours would see it as well, being in the same group.
        var defaults = sigset_t(), none = sigset_t()
        sigemptyset(&none)
        sigemptyset(&defaults)
        for signal in [SIGINT, SIGQUIT, SIGTSTP, SIGPIPE, SIGWINCH] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var pid: pid_t = 0
        let status = posix_spawn(&pid, "/bin/sh", nil, &attributes, &arguments, environ)
        guard status == 0 else {
            throw DatasetError.editor(command, reason: "cannot be run: \(String(cString: strerror(status)))")
        }
        var ended: Int32 = 0
        while waitpid(pid, &ended, 0) < 0, errno == EINTR {}
        guard ended == 0 else {
            let code = (ended >> 8) & 0xFF
            throw DatasetError.editor(
                command, reason: code == 127 ? "was not found" : "ended with an error; nothing was changed")
        }
    }
}
