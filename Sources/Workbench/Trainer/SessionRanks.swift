import Base
import Glibc
import Synchronization
import Torch

/// The ranks of which this process is one. They come together when the first work begins that they share.
public enum SessionRanks {
    private struct Members {
        var group: ProcessGroup?
        var stops: (@convention(c) () -> Bool)?
    }
    private static let members = Mutex(Members())
    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static let found = Result { try RankVariables(variable) }

    /// As whoever started this process says; nil where it is alone. Throws `RankVariablesError`.
    public static func place() throws -> RankVariables? { try found.get() }
    /// How many ranks there are; 1 for a process alone, also where its variables make no sense.
    public static var count: Int { (try? place())?.size ?? 1 }
    /// Which one this is.
    public static var rank: Int { (try? place())?.rank ?? 0 }

    /// How long is waited: `LTXSH_RANKS_TIMEOUT` seconds for the slowest rank in a call, half an hour unless it is set.
    public static var patience: ProcessGroup.Patience {
        var patience = ProcessGroup.Patience()
        if let seconds = variable("LTXSH_RANKS_TIMEOUT").flatMap(Double.init), seconds > 0 {
            patience.call = seconds
            patience.join = min(patience.join, seconds)
            patience.link = min(patience.link, max(1, seconds))
        }
        return patience
    }

    /// Has ranks that wait for others to come ask whether they still shall.
    public static func whileJoining(stopIf stops: @escaping @convention(c) () -> Bool) {
        members.withLock { $0.stops = stops }
    }
    /// The ranks of this session; one where it is alone. The first call waits until all have come.
    static func join(_ device: Device) throws -> any Ranks {
        guard let place = try place() else { return OneRank() }
        // Started as one of several, of which there happens to be one: it draws as they would.
        guard place.size > 1 else { return OneRank(drawsApart: true) }
        return try members.withLock { members in
            let group =
                try members.group
                ?? ProcessGroup(
                    place, device: device, patience: patience, stops: members.stops)
            members.group = group
            return GroupRanks(group)
        }
    }
    /// The number of a pass over clips that all ranks begin in the same order: it has the same one on each.
    static func nextPass() -> Int { passes.add(1, ordering: .relaxed).newValue }
    private static let passes = Atomic(0)
    /// Whether the others and this one have come together.
    public static var hasJoined: Bool { members.withLock { $0.group != nil } }
    /// A rank whose script is done lets the others come to their end: rank 0 serves the store. Waits ten seconds at most.
    public static func leave() {
        guard let group = members.withLock({ $0.group }) else { return }
        try? group.barrier(seconds: 10)
    }
    /// Throws where there are several ranks: `what` is not shared among them.
    public static func requireAlone(_ what: String) throws {
        let count = count
        if count > 1 { throw RanksError.notShared(what, count) }
    }
}

/// What several ranks cannot do together.
public enum RanksError: UserError, Equatable {
    case notShared(String, Int)
    case oneAtATime(String)
    case otherFolder(rank: Int, String)

    /// `"ranks.not_shared"` and its kin.
    public var kind: String {
        switch self {
        case .notShared: "ranks.not_shared"
        case .oneAtATime: "ranks.one_run"
        case .otherFolder: "ranks.folder"
        }
    }
    /// The folder.
    public var path: String? { if case .otherFolder(_, let path) = self { path } else { nil } }
    /// One line with the way out.
    public var description: String {
        switch self {
        case .notShared(let what, let count):
            "\(what) is not shared among ranks, and this script runs on \(count) of them: do it in a script of its own, without "
                + "--nproc or torchrun"
        case .oneAtATime(let name): "several ranks train one run at a time: wait for \(name) first, with run:wait()"
        case .otherFolder(let rank, let path):
            "rank \(rank) does not find '\(path)', which rank 0 has: all ranks need the same folders, on a file system that they share"
        }
    }
}
