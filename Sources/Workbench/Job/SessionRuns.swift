import Synchronization

/// Work of one kind in this process, numbered from 1: what goes on, and the last hundred.
final class SessionRuns<Run: Sendable>: Sendable {
    private struct Members {
        var count = 0
        var runs: [Run] = []
    }
    private let members = Mutex(Members())
    private let isOver: @Sendable (Run) -> Bool

    init(isOver: @escaping @Sendable (Run) -> Bool) { self.isOver = isOver }

    /// In the order in which they began.
    var all: [Run] { members.withLock { $0.runs } }

    /// Adds what `make` makes of the next number.
    func add(_ make: (Int) -> Run) -> Run {
        members.withLock { members in
            members.count += 1
            let run = make(members.count)
            members.runs.append(run)
            if members.runs.count > 100, let old = members.runs.firstIndex(where: isOver) {
                members.runs.remove(at: old)
            }
            return run
        }
    }
}
