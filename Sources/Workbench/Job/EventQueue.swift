import Base
import Synchronization

/// Events from a working thread to the one that owns the session, in order, each taken once.
///
/// It stays small however long nobody looks: an event may take the place of one that it makes superfluous, and beyond
/// `limit` the oldest go.
public final class EventQueue<Event: Sendable>: Sendable {
    private let events = Mutex<[Event]>([])
    private let limit: Int
    private let merge: @Sendable (inout [Event], Event) -> Bool

    /// - Parameter merge: puts an event into those that wait, where it can take the place of one; false adds it at the end.
    public init(limit: Int = 10_000, merge: @escaping @Sendable (inout [Event], Event) -> Bool = { _, _ in false }) {
        (self.limit, self.merge) = (limit, merge)
    }
    /// Adds one at the end and wakes the session. Any thread.
    public func post(_ event: Event) {
        events.withLock { events in
            if merge(&events, event) { return }
            events.append(event)
            if events.count > limit { events.removeFirst(events.count - limit) }
        }
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
