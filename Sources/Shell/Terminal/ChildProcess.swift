import CReadline
import Base
import Glibc

/// A program run in the foreground of our terminal: pager, editor, `!command`.
enum ChildProcess {
    /// Runs a command line with `/bin/sh`, which has `arguments` as `$1`, `$2`…, and waits for it.
    ///
    /// The child shares our process group, so Ctrl-C reaches it; our own handler's flag is cleared afterwards, because that
    /// key was meant for the child. `input` is written to its standard input; a child that does not read it all (a pager that
    /// is quit) is no error.
    /// - Returns: the exit status, 128 + signal for a child that a signal ended.
    static func run(
        _ command: String, arguments: [String] = [], input: String? = nil, environment extra: [String: String] = [:]
    ) throws -> Int32 {
        try SafeMode.check("running '\(command)'")
        var pipes: [Int32] = [-1, -1]
        if input != nil {
            guard pipe(&pipes) == 0 else { throw FileError.last("open a pipe for", command) }
            for descriptor in pipes { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if input != nil { posix_spawn_file_actions_adddup2(&actions, pipes[0], STDIN_FILENO) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Ignored signals are inherited: the child must die of a broken pipe again.
        var defaults = sigset_t(), none = sigset_t()
        sigemptyset(&defaults)
        sigemptyset(&none)
        for signal in [SIGINT, SIGQUIT, SIGTSTP, SIGPIPE, SIGXFSZ, SIGWINCH] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var words = copies(["sh", "-c", command, "sh"] + arguments), variables = copies(environment(with: extra))
        defer { for pointer in words + variables { free(pointer) } }
        fflush(nil)
        var child: pid_t = 0
        let code = posix_spawn(&child, "/bin/sh", &actions, &attributes, &words, &variables)
        if input != nil { close(pipes[0]) }
        guard code == 0 else {
            if input != nil { close(pipes[1]) }
            throw FileError.system(operation: "run", path: command, code: code)
        }
        if let input {
            // EPIPE ends the writing: the pager was quit.
            try? Array(input.utf8).withUnsafeBytes { try AtomicFile.write($0, to: pipes[1], path: command) }
            close(pipes[1])
        }
        let status = cr_wait_child(child)
        if Signals.interrupted { Signals.clear() }
        return status
    }

    private static func copies(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { text -> UnsafeMutablePointer<CChar>? in strdup(text) } + [nil]
    }
    private static func environment(with extra: [String: String]) -> [String] {
        var list: [String] = []
        var place = environ
        while let entry = place.pointee {
            let text = String(cString: entry)
            if extra[String(text.prefix { $0 != "=" })] == nil { list.append(text) }
            place += 1
        }
        return list + extra.map { "\($0.key)=\($0.value)" }
    }
}
