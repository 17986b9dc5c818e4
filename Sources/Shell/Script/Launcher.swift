import CReadline
import Base
import Glibc

/// Starts ranks of this program on this machine, with torchrun's variables, and ends them all when one fails. It never opens libtorch.
struct Launcher {
    let count: Int
    /// The command line, which is that of each rank, too.
    let words: [String]
    let name: String
    /// Seconds that ranks have to notice by themselves that one has failed, and to say what they lost; and those from the wish that they
    /// end until they are killed: rank 0 may have to save, and after it nobody has anything to do.
    static let notice = 5.0, grace = 60.0, rest = 10.0

    /// Waits for all ranks. Returns the exit status of the first that failed, 128 + signal where one ended it.
    func run() throws -> Int32 {
        // Rank 0 takes it over.
        let listener = try LocalListener()
        var ranks: [pid_t: Int] = [:]
        do {
            for rank in 0..<count { ranks[try start(rank, listener.socket, listener.port)] = rank }
        } catch {
            for pid in ranks.keys { kill(pid, SIGKILL) }
            close(listener.socket)
            throw error
        }
        close(listener.socket)
        var result: Int32 = 0, failed: Double?, asked: Double?, first: Double?, passedOn = 0, isTold = false,
            isKilled = false
        while !ranks.isEmpty {
            var status: Int32 = 0
            let pid = waitpid(-1, &status, WNOHANG)
            if pid > 0, let rank = ranks.removeValue(forKey: pid) {
                if rank == 0 { first = Clock.seconds() }
                guard status != 0 else { continue }
                let signal = status & 0x7F, code = signal != 0 ? 128 + signal : status >> 8 & 0xFF
                if result == 0 { result = code }
                // Ctrl-C has reached the ranks as well: they stop by themselves.
                if !Signals.stopRequested || signal != 0 {
                    say(
                        signal != 0
                            ? "rank \(rank) was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
                            : "rank \(rank) ended with status \(code)")
                }
                failed = failed ?? Clock.seconds()
            }
            if pid > 0 { continue }
            if let signal = Signals.termination, !isTold {
                isTold = true
                asked = asked ?? Clock.seconds()
                for other in ranks.keys { kill(other, signal) }
            }
            while passedOn < Signals.sentInterrupts {
                passedOn += 1
                for other in ranks.keys { kill(other, SIGINT) }
            }
            if asked == nil, let failed, Clock.seconds() > failed + Self.notice {
                asked = Clock.seconds()
                if !Signals.stopRequested { for other in ranks.keys { kill(other, SIGTERM) } }
            }
            if let limit = limit(asked, first), Clock.seconds() > limit, !isKilled {
                isKilled = true
                let late = ranks.values.sorted().map { "rank \($0)" }.joined(separator: ", ")
                say("\(late) did not end within \(Int((limit - (asked ?? limit)).rounded())) seconds: killed")
                for other in ranks.keys { kill(other, SIGKILL) }
            }
            Signals.sleep(milliseconds: 20)
        }
        return result
    }
    /// When those that are left are killed, after the wish that they end and the end of rank 0.
    private func limit(_ asked: Double?, _ first: Double?) -> Double? {
        asked.map { asked in min(asked + Self.grace, first.map { max(asked, $0) + Self.rest } ?? .infinity) }
    }
    /// One write a line, so that it does not mix with what ranks say.
    private func say(_ text: String) {
        Array("ltxsh: \(text)\n".utf8).withUnsafeBytes { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    private func start(_ rank: Int, _ socket: Int32, _ port: UInt16) throws -> pid_t {
        // Beyond what a program opens at its start, and the same in every rank 0.
        let descriptor: Int32 = 200
        var variables = [
            "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)", "RANK": "\(rank)", "LOCAL_RANK": "\(rank)",
            "WORLD_SIZE": "\(count)", "LOCAL_WORLD_SIZE": "\(count)", "LTXSH_LAUNCHER": "\(getpid())",
        ]
        if Environment["GLOO_SOCKET_IFNAME"] == nil { variables["GLOO_SOCKET_IFNAME"] = "lo" }
        if rank == 0 { variables["LTXSH_LISTENER"] = "\(descriptor)" }
        var entry = environ
        while let text = entry.pointee.map({ String(cString: $0) }) {
            let name = String(text.prefix { $0 != "=" })
            if variables[name] == nil { variables[name] = String(text.dropFirst(name.count + 1)) }
            entry += 1
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        if rank == 0 { posix_spawn_file_actions_adddup2(&actions, socket, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        // What is ignored is inherited, and the shell ignores some.
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for signal in [SIGINT, SIGTERM, SIGPIPE, SIGXFSZ] { sigaddset(&defaults, signal) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var argv = ([name] + words).map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
            for text in argv + envp { free(text) }
        }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, &argv, &envp)
        guard code == 0 else { throw FileError.system(operation: "start", path: "rank \(rank)", code: code) }
        return pid
    }
}
