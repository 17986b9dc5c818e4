import Foundation
import Synchronization

/// Events from a working thread to the one that owns the session.
public final class EventQueue<Event: Sendable>: Sendable {
    private let events = Mutex<[Event]>([])

    /// Empty.
    public init() {}
    /// Adds one at the end and wakes the session. Any thread.
    public func post(_ event: Event) {
        events.withLock { $0.append(event) }
        SessionWakeup.ring()
    }
    /// Everything posted since the last call, in order.
    public func take() -> [Event] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}

/// How a working thread wakes the thread that waits for keys. The shell sets what is called;
/// without one nothing happens.
public enum SessionWakeup {
    private static let handler = Mutex<(@Sendable () -> Void)?>(nil)
    /// `ring` is called on the working thread, once an event.
    public static func set(_ ring: @escaping @Sendable () -> Void) { handler.withLock { $0 = ring } }
    static func ring() { handler.withLock { $0 }?() }
}
