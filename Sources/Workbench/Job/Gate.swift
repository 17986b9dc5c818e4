import Foundation

/// A condition that threads wait at: closed until opened.
final class Gate: @unchecked Sendable {  // `isOpen` is only touched with the condition locked
    private let condition = NSCondition()
    private var isOpen = false

    func open() {
        condition.withLock { isOpen = true }
        condition.broadcast()
    }

    /// Waits until it is open or the seconds are over; whether it is open.
    func wait(seconds: Double = .infinity) -> Bool {
        condition.withLock {
            let end = Date(timeIntervalSinceNow: min(seconds, 1e9))
            while !isOpen { if !condition.wait(until: end) { return isOpen } }
            return true
        }
    }
}
