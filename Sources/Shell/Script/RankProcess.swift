import CReadline
import Base
import Glibc
import Torch
import Workbench

/// A process that is one of several ranks of a script.
enum RankProcess {
    /// All but rank 0 are quiet: nothing is read from or written to where rank 0 is, except errors. A rank that `ltxsh --nproc` has
    /// started ends with it.
    static func begin(_ place: RankVariables, _ console: Console) throws {
        if let launcher = Environment["LTXSH_LAUNCHER"].flatMap(Int32.init) { cr_end_with_parent(launcher) }
        if let listener = place.listener { _ = fcntl(Int32(listener), F_SETFD, FD_CLOEXEC) }
        // What this one starts has another parent.
        for name in ["LTXSH_LAUNCHER", "LTXSH_LISTENER"] { unsetenv(name) }
        SessionRanks.whileJoining { Signals.stopRequested }
        guard place.rank > 0 else { return }
        console.quietRank = place.rank
        let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard nowhere >= 0 else { throw FileError.last("open", "/dev/null") }
        cr_flush_output()
        for standard in [STDIN_FILENO, STDOUT_FILENO] { dup2(nowhere, standard) }
        close(nowhere)
    }
}

extension CommandLineOptions {
    /// Several ranks have one script, in a file that all of them read. Throws `UsageError`.
    func requireScript() throws {
        let hasScript = actions.contains { if case .standardInput = $0 { false } else { true } }
        let readsInput = actions.contains(.standardInput)
        guard hasScript, !readsInput, !isInteractive else {
            throw UsageError("several ranks run a script from a file: ltxsh --nproc N FILE.lua")
        }
    }
}
