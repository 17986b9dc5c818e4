import Foundation

/// A bounded queue between threads that make elements and threads that take them. Either side can end it.
///
/// `@unchecked Sendable`: every stored variable is touched only with `condition` locked.
public final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    private let condition = NSCondition(), capacity: Int
    private var elements: [Element] = []
    private var isFinished = false, isCancelled = false
    private var failure: (any Error)?

    /// Holds up to `capacity` elements, at least one.
    public init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Waits for room and adds an element at the end. False when nobody will take it, since the queue was cancelled or
    /// has been finished: the maker should end.
    @discardableResult public func push(_ element: Element) -> Bool {
        condition.withLock {
            while elements.count >= capacity, !isFinished, !isCancelled { condition.wait() }
            guard !isFinished, !isCancelled else { return false }
            elements.append(element)
            condition.broadcast()
            return true
        }
    }
    /// Waits for the next element; `nil` at the end and after `cancel`. Throws the makers' error after the elements
    /// before it, on every call from then on.
    public func pop() throws -> Element? {
        try condition.withLock {
            while elements.isEmpty, !isFinished, !isCancelled { condition.wait() }
            guard elements.isEmpty else {
                condition.broadcast()
                return elements.removeFirst()
            }
            if let failure, !isCancelled { throw failure }
            return nil
        }
    }
    /// No more elements come; those that are there are still given. The first call counts, its error included.
    public func finish(_ error: (any Error)? = nil) {
        condition.withLock {
            guard !isFinished else { return }
            (isFinished, failure) = (true, error)
            condition.broadcast()
        }
    }
    /// The takers have gone: what is there is dropped, and makers that wait for room are told.
    public func cancel() {
        // Dropped after the lock: an element's end may take long.
        let rest = condition.withLock {
            isCancelled = true
            defer { elements = [] }
            condition.broadcast()
            return elements
        }
        _ = consume rest
    }
}
