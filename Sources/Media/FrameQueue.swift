import Glibc

/// A bounded queue between the thread that makes items and the one that takes them. Either side can end it.
///
/// `@unchecked Sendable`: every stored property is touched only with `lock` held.
final class FrameQueue<Item: Sendable>: @unchecked Sendable {
    private var lock = pthread_mutex_t(), changed = pthread_cond_t()
    private var items: [Item] = [], head = 0
    private var ended = false, cancelled = false
    private var failure: (any Error)?
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        pthread_mutex_init(&lock, nil)
        pthread_cond_init(&changed, nil)
    }
    deinit {
        pthread_mutex_destroy(&lock)
        pthread_cond_destroy(&changed)
    }

    /// Waits for room. False when the taker has gone: the maker should end.
    func put(_ item: Item) -> Bool {
        locked {
            while items.count - head >= capacity, !cancelled { pthread_cond_wait(&changed, &lock) }
            guard !cancelled else { return false }
            items.append(item)
            pthread_cond_broadcast(&changed)
            return true
        }
    }
    /// No more items; `error` is thrown to the taker after the items before it.
    func end(_ error: (any Error)? = nil) {
        locked {
            (ended, failure) = (true, error)
            pthread_cond_broadcast(&changed)
        }
    }
    /// The next item, `nil` at the end. Throws the maker's error.
    func take() throws -> Item? {
        let result: Result<Item?, any Error> = locked {
            while items.count == head, !ended, !cancelled { pthread_cond_wait(&changed, &lock) }
            if items.count > head {
                let item = items[head]
                head += 1
                if head >= capacity {
                    items.removeFirst(head)
                    head = 0
                }
                pthread_cond_broadcast(&changed)
                return .success(item)
            }
            if let failure, !cancelled { return .failure(failure) }
            return .success(nil)
        }
        return try result.get()
    }
    /// The taker has gone: wakes and stops the maker.
    func cancel() {
        locked {
            cancelled = true
            pthread_cond_broadcast(&changed)
        }
    }
    /// True once the taker has gone.
    var isCancelled: Bool { locked { cancelled } }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(&lock)
        defer { pthread_mutex_unlock(&lock) }
        return body()
    }
}
