import Base
import Foundation
import Synchronization

/// How many requests are on their way at once: one at first, one more after each success, half as many when the server says
/// that they are too many. A pause that a server asks for holds for all.
final class Throttle: Sendable {
    private struct State {
        var limit = 1, active = 0
        var end = 0.0
        var reason = ""
    }
    private let state = Mutex(State())
    let most: Int

    init(most: Int) { self.most = max(1, most) }

    /// Runs `body` when its turn has come. Throws `Cancelled` when the wait is over for good.
    func run<Result>(_ control: CaptionControl, _ body: () throws -> Result) throws -> Result {
        try enter(control)
        defer { state.withLock { $0.active -= 1 } }
        return try body()
    }
    private func enter(_ control: CaptionControl) throws {
        var hasTold = false
        defer { if hasTold { control.waiting(nil) } }
        while true {
            if control.isStopped() { throw Cancelled() }
            let now = Self.now
            let (entered, told) = state.withLock { state -> (Bool, String?) in
                if state.end > now { return (false, "\(state.reason), \(Int((state.end - now).rounded(.up))) s") }
                if state.active >= state.limit { return (false, nil) }
                state.active += 1
                return (true, nil)
            }
            if entered { return }
            if let told {
                control.waiting(told)
                hasTold = true
            }
            usleep(20_000)
        }
    }
    /// One more from now on.
    func succeeded() { state.withLock { $0.limit = min(most, $0.limit + 1) } }
    /// Nobody sends for so many seconds.
    func pause(_ seconds: Double, _ reason: String, isTooMany: Bool) {
        let end = Self.now + seconds
        state.withLock { state in
            if isTooMany { state.limit = max(1, state.limit / 2) }
            if end > state.end { (state.end, state.reason) = (end, reason) }
        }
    }
    private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }
}
