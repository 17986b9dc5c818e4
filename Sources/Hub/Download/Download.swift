import Base
import Synchronization

/// Fetches what a plan says, several files at a time.
public struct Download: Sendable {
    private let client: HubClient, plan: DownloadPlan, cache: HubCache
    private let workers: Int

    /// - Parameter workers: files at a time, at most.
    public init(_ client: HubClient, _ plan: DownloadPlan, cache: HubCache, workers: Int = 8) {
        (self.client, self.plan, self.cache, self.workers) = (client, plan, cache, workers)
    }

    /// Where it is, between the threads.
    private final class Board: Sendable {
        struct State {
            var next = 0, bytes: Int
            var failure: (any Error)?
        }
        let state: Mutex<State>
        init(_ bytes: Int) { state = Mutex(State(bytes: bytes)) }
        var hasFailed: Bool { state.withLock { $0.failure != nil } }
        func fail(_ error: any Error) { state.withLock { if $0.failure == nil { $0.failure = error } } }
    }

    /// Throws the first failure, after the other files have come to their next safe point; `Cancelled` when it was stopped. What has
    /// come so far stays.
    public func run(_ monitor: Monitor) throws {
        try plan.requireRoom()
        let board = Board(plan.items.reduce(0) { $0 + $1.have })
        let threads = (0..<max(1, min(workers, plan.items.count))).map { number in
            WorkerThread("download \(number)") { work(board, monitor) }
        }
        for thread in threads { thread.join() }
        try monitor.checkpoint()
        if let failure = board.state.withLock({ $0.failure }) { throw failure }
    }

    private func work(_ board: Board, _ monitor: Monitor) {
        let connection = HTTPConnection(), total = plan.byteCount
        while !board.hasFailed, !monitor.shouldStop {
            let place = board.state.withLock { state -> Int in
                defer { state.next += 1 }
                return state.next
            }
            guard plan.items.indices.contains(place) else { return }
            let item = plan.items[place], name = item.file.path
            let own = Monitor(poll: { monitor.shouldStop || board.hasFailed }) { event in
                switch event {
                case .note(let text): monitor.note(text)
                case .progress(let progress): monitor.report(progress)
                }
            }
            do {
                let file = try FileDownload(client, plan.listing, item, plan.folder, cache, connection, own) { more in
                    let bytes = board.state.withLock { state -> Int in
                        state.bytes += more
                        return state.bytes
                    }
                    monitor.report(
                        Progress(
                            "downloading", bytes / 1_000_000, of: total / 1_000_000, "MB", [("file", name)],
                            share: Double(bytes) / Double(max(total, 1))))
                }
                try file.run()
            } catch { board.fail(error) }
        }
    }
}
