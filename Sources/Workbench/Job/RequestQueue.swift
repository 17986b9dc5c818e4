import Foundation

/// What a job is asked to do while it works. The job takes requests where it can serve them: at a boundary of its work,
/// and while it is paused.
final class RequestQueue<Request: Sendable>: @unchecked Sendable {  // touched with the condition locked only
    private let condition = NSCondition()
    private var requests: [Request] = []
    private var rings = 0

    /// Any thread; wakes a job that waits.
    func post(_ request: Request) {
        condition.withLock { requests.append(request) }
        condition.broadcast()
    }
    /// Wakes a job that waits without asking for anything: something else has changed.
    func ring() {
        condition.withLock { rings += 1 }
        condition.broadcast()
    }
    /// Everything that was asked since the last call, in order.
    func take() -> [Request] { condition.withLock { taken() } }
    /// The same, after waiting for a request, a ring, or the seconds to pass.
    func wait(seconds: Double = .infinity) -> [Request] {
        condition.withLock {
            let end = Date(timeIntervalSinceNow: min(seconds, 1e9))
            while requests.isEmpty, rings == 0, condition.wait(until: end) {}
            rings = 0
            return taken()
        }
    }
    private func taken() -> [Request] {
        defer { requests = [] }
        return requests
    }
}
