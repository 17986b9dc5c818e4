import Synchronization

/// Registry slots to give back. References die on any thread; the slots are freed on the one that runs Lua.
final class ReleaseQueue: Sendable {
    private let slots = Mutex<[Int64]>([])
    private let waiting = Atomic(0)

    func add(_ slot: Int64) {
        slots.withLock { $0.append(slot) }
        waiting.add(1, ordering: .releasing)
    }
    func drain(_ body: (Int64) -> Void) {
        guard waiting.load(ordering: .relaxed) > 0 else { return }
        let slots = slots.withLock { list in
            defer { list = [] }
            return list
        }
        waiting.subtract(slots.count, ordering: .relaxed)
        slots.forEach(body)
    }
}
