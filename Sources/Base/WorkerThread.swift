import Glibc

/// A real thread: libtorch and decoders block for seconds, so their work must not sit on Swift's shared pool.
public final class WorkerThread: Sendable {
    private let id: pthread_t
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts at once.
    ///
    /// - Parameters:
    ///   - name: what tools show, 15 bytes of it; nil leaves that of the process.
    ///   - stackSize: in bytes; backward passes and parsers recurse deeper than the usual half a megabyte of a thread.
    public init(_ name: String? = nil, stackSize: Int = 16 << 20, _ run: @escaping @Sendable () -> Void) {
        var id = pthread_t(), attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackSize)
        let body = Unmanaged.passRetained(
            Body {
                if let name { Self.name(name) }
                run()
            })
        let code = pthread_create(
            &id, &attributes,
            { raw in
                if let raw { Unmanaged<Body>.fromOpaque(raw).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        precondition(code == 0, "the system is out of threads")
        self.id = id
    }

    /// The system takes a thread's name through a file; a name is not worth a failure.
    private static func name(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = Array(name.utf8.prefix(15)).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    /// Waits until the thread has ended. Call `join` or `detach`, once.
    public func join() { pthread_join(id, nil) }
    /// Lets the thread end by itself: nobody waits for it.
    public func detach() { pthread_detach(id) }
}
