import Base
import Glibc
import NN
import Synchronization
import TestSupport
import Testing
import Torch

@testable import Workbench

/// Leases: one user, one load, and room made by what nobody uses.
@Suite struct ModelStoreTests {
    private final class Stub: ResidentModel {
        let byteCount: Int
        init(_ byteCount: Int) { self.byteCount = byteCount }
    }
    private func key(_ name: String, _ dtype: DType = .bfloat16) -> ModelKey {
        ModelKey("/models/\(name)", .transformer, WeightPolicy(dtype))
    }
    /// Notes of a monitor.
    private final class Notes: Sendable {
        let texts = Mutex<[String]>([])
        var monitor: Monitor {
            Monitor(receive: { event in if case .note(let text) = event { self.texts.withLock { $0.append(text) } } })
        }
        var all: [String] { texts.withLock { $0 } }
    }

    @Test func `a model is loaded once however many ask at the same time, and only its user has it`() throws {
        let store = ModelStore(memory: MemoryBudget { _ in nil }), loads = Loads()
        let threads = (0..<8).map { number in
            WorkerThread { [self] in
                var uses = 0
                while uses < 20 {
                    // Refused while another one has it.
                    guard let lease = try? store.lease(key("a"), for: "user \(number)", load: loads.load) else {
                        sched_yield()
                        continue
                    }
                    if (try? lease.model()) != nil { loads.used.add(1, ordering: .relaxed) }
                    lease.release()
                    uses += 1
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(loads.count.load(ordering: .relaxed) == 1 && loads.used.load(ordering: .relaxed) == 160)
        let held = try store.lease(key("a"), for: "run #1", load: loads.load)
        let refusal = #expect(throws: ModelStoreError.self) {
            try store.lease(key("a"), for: "sample", load: loads.load)
        }
        #expect(refusal?.description.contains("is in use by run #1") == true)
        held.release()
        #expect(loads.count.load(ordering: .relaxed) == 1)
    }
    private final class Loads: Sendable {
        let count = Atomic(0), used = Atomic(0)
        @Sendable func load() throws -> Stub {
            count.add(1, ordering: .relaxed)
            return Stub(1_500_000_000)
        }
    }

    @Test func `a lease loads nothing, and one that never loaded leaves nothing behind`() throws {
        let store = ModelStore(memory: MemoryBudget { _ in nil }), loads = Loads()
        var lease: ModelLease<Stub>? = try store.lease(key("a"), for: "run #1", load: loads.load)
        #expect(store.resident.map(\.user) == ["run #1"] && loads.count.load(ordering: .relaxed) == 0)
        _ = lease
        lease = nil
        #expect(store.resident.isEmpty)
    }

    @Test func `a load that fails can be tried again`() throws {
        let store = ModelStore(memory: MemoryBudget { _ in nil }), loads = Loads()
        let bad = try store.lease(key("a"), for: "run #1") { () -> Stub in throw FileError.missing("/models/a") }
        #expect(throws: FileError.self) { try bad.model() }
        bad.release()
        #expect(try store.lease(key("a"), for: "run #2", load: loads.load).model().byteCount == 1_500_000_000)
    }

    @Test func `idle models go when memory is short, the longest unused first, and it is said`() throws {
        let loads = Loads(), notes = Notes(), room = Room()
        let store = ModelStore(memory: MemoryBudget { _ in room.free(4_000_000_000) })
        room.store = store
        for name in ["a", "b"] {
            let lease = try store.lease(key(name), for: "sample", bytes: { 1_500_000_000 }, load: loads.load)
            _ = try lease.model(notes.monitor)
        }
        // Used again, so that b is the older one.
        _ = try store.lease(key("a"), for: "sample", load: loads.load).model()
        #expect(notes.all.isEmpty && store.resident.count == 2)
        let user = try store.lease(key("c"), for: "run #1", bytes: { 2_000_000_000 }, load: loads.load)
        _ = try user.model(notes.monitor)
        #expect(store.resident.map(\.key) == [key("a"), key("c")])
        #expect(
            notes.all.count == 1 && notes.all[0].contains("let go of b transformer (bf16, cpu), 1.50 GB"),
            "\(notes.all)"
        )
        // What is in use stays, whatever is asked for.
        let other = try store.lease(key("c", .float32), for: "sample", bytes: { .max }, load: loads.load)
        _ = try other.model(notes.monitor)
        #expect(store.resident.map(\.key) == [key("c"), key("c", .float32)])
    }
    /// What is left of some memory beside the models of a store.
    private final class Room: @unchecked Sendable {  // set once, before it is asked
        var store: ModelStore?
        func free(_ total: Int) -> Int { total - (store?.resident.reduce(0) { $0 + $1.bytes } ?? 0) }
    }
}
