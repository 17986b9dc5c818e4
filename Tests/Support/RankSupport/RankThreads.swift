import Base
import Synchronization
import Torch

/// Ranks over real sockets, each a thread of this process.
public enum RankThreads {
    /// What each rank of a group returns or throws; nil for those that are left out.
    public static func run<R: Sendable>(
        _ size: Int, missing: Set<Int> = [], patience: ProcessGroup.Patience = .init(),
        _ body: @escaping @Sendable (ProcessGroup) throws -> R
    ) throws -> [Result<R, any Error>?] {
        let listener = try LocalListener()
        let box = Box(size: size, of: R.self)
        let threads = (0..<size).filter { !missing.contains($0) }.map { rank in
            WorkerThread("rank \(rank)") {
                box.set(
                    rank,
                    Result {
                        var place = RankVariables(rank: rank, of: size, at: "127.0.0.1", port: Int(listener.port))
                        place.listener = rank == 0 ? Int(listener.socket) : nil
                        return try body(ProcessGroup(place, patience: patience))
                    })
            }
        }
        for thread in threads { thread.join() }
        return box.all
    }
    private final class Box<R: Sendable>: Sendable {
        private let results: Mutex<[Result<R, any Error>?]>
        init(size: Int, of: R.Type) { results = Mutex(Array(repeating: nil, count: size)) }
        func set(_ rank: Int, _ result: Result<R, any Error>) { results.withLock { $0[rank] = result } }
        var all: [Result<R, any Error>?] { results.withLock { $0 } }
    }
}
