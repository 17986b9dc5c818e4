import Base
import Synchronization

/// What work notes, in order. Safe from any thread.
public final class Notes: Sendable {
    /// What the work is given.
    public let monitor: Monitor
    private let box: Box
    private final class Box: Sendable { let texts = Mutex<[String]>([]) }

    /// None yet.
    public init() {
        let box = Box()
        self.box = box
        monitor = Monitor(receive: { event in
            if case .note(let text) = event { box.texts.withLock { $0.append(text) } }
        })
    }
    /// The sentences so far.
    public var texts: [String] { box.texts.withLock { $0 } }
}
