import Base
import Glibc
import NN
import Synchronization
import Torch

/// What a resident model is: its folder, its part, and how its weights are kept.
public struct ModelKey: Hashable, Sendable, CustomStringConvertible {
    /// The absolute path of the model's folder, or of its single-file checkpoint.
    public let source: String
    /// Which part of it.
    public let part: PartName
    /// The number format and the device of its weights.
    public let policy: WeightPolicy
    /// Where it is.
    public var device: Device { policy.device }

    /// `source` is `ModelFolder.identity`.
    public init(_ source: String, _ part: PartName, _ policy: WeightPolicy) {
        (self.source, self.part, self.policy) = (source, part, policy)
    }
    /// For people: `"LTX-Video vae (bf16, cpu)"`.
    public var description: String { "\(Path.name(source)) \(part.rawValue) (\(format), \(device))" }
    /// The number format in a word or two: `"bf16"`, `"bf16, int8"`.
    public var format: String { "\(policy)" }
}

/// The models in memory, shared by everything in the session. A model is leased to one user at a time.
///
/// A lease is taken before the model is loaded: whoever comes second is told so at once, and nothing is loaded twice.
public final class ModelStore: Sendable {
    /// The one of this process.
    public static let shared = ModelStore()

    private struct Entry {
        /// Nil until its first user has loaded it.
        // Handed to one user at a time, which is what makes it Sendable in effect.
        nonisolated(unsafe) var model: (any ResidentModel)?
        var user: String?
        /// Grows with each use.
        var lastUse = 0
    }
    private struct Table {
        var entries: [ModelKey: Entry] = [:]
        var uses = 0
        /// Who waits for a model, in order.
        var lines: [ModelKey: [Place]] = [:]
        var places = 0
    }
    private struct Place {
        let number: Int
        let user: String
    }
    private let table = Mutex(Table())
    private let memory: MemoryBudget

    /// An empty one; the session uses `shared`.
    public init(memory: MemoryBudget = .machine) { self.memory = memory }

    /// What is in memory: key, bytes of weights, who uses it.
    public struct Resident: Sendable {
        /// What the model is.
        public let key: ModelKey
        /// Bytes of its weights; 0 while it is being loaded.
        public let bytes: Int
        /// Who holds its lease; nil when nobody does.
        public let user: String?
    }
    /// Everything in memory, by description.
    public var resident: [Resident] {
        table.withLock { table in
            table.entries.map { Resident(key: $0.key, bytes: $0.value.model?.byteCount ?? 0, user: $0.value.user) }
        }.sorted { $0.key.description < $1.key.description }
    }

    /// The right to the model for `user` alone, until the lease goes. Nothing is loaded yet.
    /// Throws `ModelStoreError.inUse`.
    ///
    /// - Parameters:
    ///   - bytes: what loading it will take, as far as is known; asked just before.
    ///   - load: called when the model is first asked for and not in memory, on the thread that asks.
    public func lease<Model: ResidentModel>(
        _ key: ModelKey, for user: String, bytes: @escaping @Sendable () -> Int = { 0 },
        load: @escaping @Sendable () throws -> Model
    ) throws -> ModelLease<Model> {
        try table.withLock { table in
            if let other = table.entries[key]?.user ?? table.lines[key]?.first?.user {
                throw ModelStoreError.inUse(key, by: other)
            }
            Self.give(key, to: user, &table)
        }
        return ModelLease(self, key, bytes: bytes, load: load)
    }
    /// A place in the line for the model. Whoever asks for a lease meanwhile is told that it is in use.
    public func turn<Model: ResidentModel>(
        _ key: ModelKey, for user: String, bytes: @escaping @Sendable () -> Int = { 0 },
        load: @escaping @Sendable () throws -> Model
    ) -> ModelTurn<Model> {
        let (number, before) = table.withLock { table in
            table.places += 1
            let before = table.lines[key]?.last?.user ?? table.entries[key]?.user
            table.lines[key, default: []].append(Place(number: table.places, user: user))
            return (table.places, before)
        }
        return ModelTurn(self, key, number, before: before, user: user, bytes: bytes, load: load)
    }
    private static func give(_ key: ModelKey, to user: String, _ table: inout Table) {
        table.uses += 1
        table.entries[key, default: Entry()].user = user
        table.entries[key]?.lastUse = table.uses
    }
    /// Whether the first of the line has the model now.
    fileprivate func take(_ key: ModelKey, _ place: Int, for user: String) -> Bool {
        table.withLock { table in
            guard table.entries[key]?.user == nil, table.lines[key]?.first?.number == place else { return false }
            table.lines[key]?.removeFirst()
            Self.give(key, to: user, &table)
            return true
        }
    }
    fileprivate func leave(_ key: ModelKey, _ place: Int) {
        table.withLock { table in
            table.lines[key]?.removeAll { $0.number == place }
            if table.lines[key]?.isEmpty == true { table.lines[key] = nil }
        }
    }

    fileprivate func release(_ key: ModelKey) {
        table.withLock { table in
            table.entries[key]?.user = nil
            // Claimed and never loaded, or not to be loaded.
            if table.entries[key]?.model == nil { table.entries[key] = nil }
        }
    }
    fileprivate func drop(_ key: ModelKey) { table.withLock { $0.entries[key] = nil } }
    fileprivate func model<Model: ResidentModel>(_ lease: ModelLease<Model>, _ monitor: Monitor) throws -> Model {
        let key = lease.key
        if let model = table.withLock({ $0.entries[key]?.model as? Model }) { return model }
        let bytes = lease.bytes()
        monitor.report(Progress("loading \(key.part.rawValue)", bytes / 1_000_000, of: nil, "MB"))
        makeRoom(for: key, bytes: bytes, monitor)
        let model: Model
        do { model = try lease.load() } catch let error as TorchError where error.isOutOfMemory {
            // The estimate was too low: everything that nobody uses goes, and it is tried once more.
            guard letGo(on: key.device, monitor, until: { false }) else { throw error }
            model = try lease.load()
        }
        table.withLock { $0.entries[key]?.model = model }
        return model
    }

    /// Lets go of idle models on the device of `key`, the longest unused first, while there is less room than it needs.
    private func makeRoom(for key: ModelKey, bytes: Int, _ monitor: Monitor) {
        letGo(on: key.device, monitor) { memory.free(key.device).map { $0 >= bytes } ?? true }
    }
    /// Whether anything went.
    @discardableResult
    private func letGo(on device: Device, _ monitor: Monitor, until isEnough: () -> Bool) -> Bool {
        var hasGone = false
        while !isEnough() {
            let gone = table.withLock { table -> (ModelKey, Int)? in
                let idle = table.entries.filter { $0.key.device == device && $0.value.user == nil }
                guard let oldest = idle.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return nil }
                table.entries[oldest.key] = nil
                return (oldest.key, oldest.value.model?.byteCount ?? 0)
            }
            guard let (key, bytes) = gone else { break }
            hasGone = true
            try? Backend.emptyCache()
            monitor.note(
                "let go of \(key), \(ByteCount(bytes)), to make room; it is loaded again when it is used")
        }
        return hasGone
    }

    /// Forgets what is not in use. Returns what went. Throws when something that was asked for is in use.
    @discardableResult
    public func unload(where matches: (ModelKey) -> Bool = { _ in true }) throws -> [ModelKey] {
        let gone = try table.withLock { table -> [ModelKey] in
            let chosen = table.entries.filter { matches($0.key) }
            if let (key, entry) = chosen.first(where: { $0.value.user != nil }) {
                throw ModelStoreError.inUse(key, by: entry.user ?? "another user")
            }
            for key in chosen.keys { table.entries[key] = nil }
            return chosen.keys.sorted { $0.description < $1.description }
        }
        if !gone.isEmpty { try Backend.emptyCache() }
        return gone
    }
}

/// The right to use a model, given back when it goes.
public final class ModelLease<Model: ResidentModel>: Sendable {
    private let store: ModelStore
    let key: ModelKey
    fileprivate let bytes: @Sendable () -> Int
    fileprivate let load: @Sendable () throws -> Model
    private let isHeld = Atomic(true)

    fileprivate init(
        _ store: ModelStore, _ key: ModelKey, bytes: @escaping @Sendable () -> Int,
        load: @escaping @Sendable () throws -> Model
    ) {
        (self.store, self.key, self.bytes, self.load) = (store, key, bytes, load)
    }
    /// The model, loaded on the first call if it was not in memory. Not to be used after the lease went. Throws what loading
    /// throws; the lease is then as it was before.
    public func model(_ monitor: Monitor = Monitor()) throws -> Model {
        precondition(isHeld.load(ordering: .relaxed), "a lease was used after it was given back")
        return try store.model(self, monitor)
    }
    /// Gives the model back before the lease goes; the holder must not use it any more. What it computed in is free for others, too.
    func release() {
        guard isHeld.exchange(false, ordering: .relaxed) else { return }
        store.release(key)
        try? Backend.releaseHostMemory()
    }
    /// The model is not what its files say any more: nobody gets it after this one.
    func discard() {
        guard isHeld.exchange(false, ordering: .relaxed) else { return }
        store.drop(key)
        try? Backend.emptyCache()
    }
    deinit { release() }
}

/// A place in the line for a model, left when it goes.
public final class ModelTurn<Model: ResidentModel>: Sendable {
    /// Who had the model, or stood in front, when the place was taken; nil for a model that nobody used.
    public let before: String?
    private let store: ModelStore
    private let key: ModelKey
    private let place: Int
    private let user: String
    private let bytes: @Sendable () -> Int
    private let load: @Sendable () throws -> Model

    fileprivate init(
        _ store: ModelStore, _ key: ModelKey, _ place: Int, before: String?, user: String,
        bytes: @escaping @Sendable () -> Int, load: @escaping @Sendable () throws -> Model
    ) {
        (self.store, self.key, self.place, self.before, self.user) = (store, key, place, before, user)
        (self.bytes, self.load) = (bytes, load)
    }
    deinit { store.leave(key, place) }

    /// Waits until it is this one's turn. Throws `Cancelled` when the monitor is asked to stop; the place is left then.
    public func lease(_ monitor: Monitor) throws -> ModelLease<Model> {
        while !store.take(key, place, for: user) {
            do { try monitor.checkpoint() } catch {
                store.leave(key, place)
                throw error
            }
            usleep(20_000)
        }
        return ModelLease(store, key, bytes: bytes, load: load)
    }
}

/// A model that cannot be had now.
public enum ModelStoreError: UserError {
    case inUse(ModelKey, by: String)

    /// See `UserError`.
    public var kind: String { "model.busy" }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .inUse(let key, _): key.source
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .inUse(let key, let user):
            "\(key) is in use by \(user); "
                + (user.contains("#")
                    ? "wait for it (run:wait()) or stop it (run:stop())"
                    : "try again when that has come to its end")
        }
    }
}
