import Base
import Synchronization

/// The threads of a parallel scan: each takes the next group of the file, scores it and tells.
final class ScanCrew: Sendable {
    enum Message: Sendable {
        /// A packet was decoded or left out.
        case packet
        case group(GroupScores)
    }

    /// What the threads tell; ends when the last of them does, with the error of one that failed.
    let messages = BoundedQueue<Message>(capacity: 64)
    private let reader: PacketGroupReader, monitor: Monitor?
    private let running: Atomic<Int>, hasFailed = Atomic(false)
    private let failure = Mutex<(any Error)?>(nil)

    init(_ reader: PacketGroupReader, _ count: Int, _ monitor: Monitor?) {
        (self.reader, self.monitor) = (reader, monitor)
        running = Atomic(count)
    }

    /// The threads end before their next packet, and what they have to tell is lost.
    func stop() { messages.cancel() }

    /// Scores groups until there are no more. The body of each thread.
    func work(_ scorer: GroupScorer) {
        do {
            while !hasFailed.load(ordering: .relaxed), let group = try reader.group() {
                let scores = try scorer.scores(group) {
                    messages.push(.packet) && !hasFailed.load(ordering: .relaxed) && monitor?.shouldStop != true
                }
                // Incomplete after a stop: those are the user's. After a failure they would pass for the whole.
                guard scores.isComplete || !hasFailed.load(ordering: .relaxed) else { break }
                guard messages.push(.group(scores)), scores.isComplete else { break }
            }
        } catch {
            failure.withLock { $0 = error }
            hasFailed.store(true, ordering: .relaxed)
        }
        // The last one out ends the queue.
        if running.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
            messages.finish(failure.withLock { $0 })
        }
    }
}
