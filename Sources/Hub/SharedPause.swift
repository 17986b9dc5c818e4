import Base
import Foundation
import Synchronization

/// A pause that a server asks for: it holds for every thread that asks that server.
final class SharedPause: Sendable {
    private let state = Mutex((end: 0.0, reason: ""))

    /// Nobody sends for so many seconds.
    func begin(_ seconds: Double, _ reason: String) {
        let end = Self.now + seconds
        state.withLock { if end > $0.end { $0 = (end, reason) } }
    }
    /// Comes back when nobody has to wait. `tell` gets the reason and the seconds left. Throws `Cancelled`.
    func wait(_ monitor: Monitor, tell: (String) -> Void) throws {
        while true {
            try monitor.checkpoint()
            let (end, reason) = state.withLock { $0 }, left = end - Self.now
            if left <= 0 { return }
            tell("\(reason), \(Int(left.rounded(.up))) s")
            usleep(UInt32(min(left, 0.1) * 1e6))
        }
    }
    private static var now: Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }
}
