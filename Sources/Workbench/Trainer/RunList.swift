import Synchronization

/// The runs of a session, in order. Those that are over are forgotten from the oldest on, so that a long session does not grow by
/// the history of each.
public final class RunList: Sendable {
    /// The one of this process.
    public static let session = RunList()

    private struct Members {
        var count = 0
        var runs: [Run] = []
    }
    private let members = Mutex(Members())
    private let limit: Int

    /// `limit`: how many runs that are over are remembered.
    public init(limit: Int = 100) { self.limit = limit }

    /// The runs that go on, and the last of those that are over.
    public var all: [Run] { members.withLock { $0.runs } }

    /// Makes a run under the next number, which it keeps only if `body` does not throw.
    func add(_ body: (_ number: Int) throws -> Run) throws -> Run {
        let number = members.withLock { members in
            members.count += 1
            return members.count
        }
        do {
            let run = try body(number)
            members.withLock { members in
                members.runs.append(run)
                var surplus = members.runs.count { $0.isOver } - limit
                members.runs.removeAll { run in
                    guard surplus > 0, run.isOver else { return false }
                    surplus -= 1
                    return true
                }
            }
            return run
        } catch {
            members.withLock { if $0.count == number { $0.count -= 1 } }
            throw error
        }
    }
}
