import Glibc

/// A real thread: decoding blocks for long, so it must not sit on Swift's shared pool.
final class WorkerThread: Sendable {
    private let id: pthread_t
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    init(_ run: @escaping @Sendable () -> Void) {
        var id = pthread_t()
        let body = Unmanaged.passRetained(Body(run))
        let code = pthread_create(
            &id, nil,
            { raw in
                if let raw { Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        precondition(code == 0, "the system is out of threads")
        self.id = id
    }

    /// Waits until the thread has ended. Call exactly once.
    func join() { pthread_join(id, nil) }
}
