import Base
import LTXVideo
import Synchronization
import Torch

/// What a resident model is: its folder, part, number format and device.
public struct ModelKey: Hashable, Sendable, CustomStringConvertible {
    /// The parts that are loaded and leased on their own. The text encoder comes with its tokenizer.
    public enum Part: String, Sendable, CaseIterable {
        case transformer, vae
        case textEncoder = "text_encoder"
    }
    /// The absolute path of the model's folder, or of its single-file checkpoint.
    public let source: String
    /// Which part of it.
    public let part: Part
    public let dtype: DType, device: Device

    /// `source` is `ModelFolder.identity`.
    public init(_ source: String, _ part: Part, _ dtype: DType, _ device: Device) {
        (self.source, self.part, self.dtype, self.device) = (source, part, dtype, device)
    }
    /// For people: `"LTX-Video vae (bf16, cpu)"`.
    public var description: String { "\(Path.name(source)) \(part.rawValue) (\(dtype), \(device))" }
}

/// The models in memory, shared by everything in the session. A model is leased to one user at a time.
public final class ModelStore: Sendable {
    /// The one of this process.
    public static let shared = ModelStore()

    private struct Entry {
        let model: ResidentModel
        var user: String?
    }
    private let entries = Mutex<[ModelKey: Entry]>([:])

    /// An empty one; the session uses `shared`.
    public init() {}

    /// What is in memory: key, bytes of weights, who uses it.
    public struct Resident: Sendable {
        /// What the model is.
        public let key: ModelKey
        /// Bytes of its weights.
        public let bytes: Int
        /// Who holds its lease; nil when nobody does.
        public let user: String?
    }
    /// Everything in memory, by description.
    public var resident: [Resident] {
        entries.withLock { $0.map { Resident(key: $0.key, bytes: $0.value.model.bytes, user: $0.value.user) } }
            .sorted { $0.key.description < $1.key.description }
    }

    /// The model for `user` alone until the lease goes. Loaded when it is not in memory.
    /// Throws `ModelStoreError.inUse`.
    public func lease(_ key: ModelKey, for user: String, load: () throws -> ResidentModel) throws -> ModelLease {
        let held = try entries.withLock { entries -> ResidentModel? in
            guard let entry = entries[key] else { return nil }
            if let other = entry.user { throw ModelStoreError.inUse(key, by: other) }
            entries[key]?.user = user
            return entry.model
        }
        if let held { return ModelLease(self, key, held) }
        let made = try load()
        return try entries.withLock { entries in
            if let other = entries[key]?.user { throw ModelStoreError.inUse(key, by: other) }
            let model = entries[key]?.model ?? made
            entries[key] = Entry(model: model, user: user)
            return ModelLease(self, key, model)
        }
    }
    fileprivate func release(_ key: ModelKey) { entries.withLock { $0[key]?.user = nil } }

    /// Forgets what is not in use. Returns what went. Throws when something that was asked for is in use.
    @discardableResult
    public func unload(where matches: (ModelKey) -> Bool = { _ in true }) throws -> [ModelKey] {
        let gone = try entries.withLock { entries -> [ModelKey] in
            let chosen = entries.filter { matches($0.key) }
            if let (key, entry) = chosen.first(where: { $0.value.user != nil }) {
                throw ModelStoreError.inUse(key, by: entry.user ?? "another user")
            }
            for key in chosen.keys { entries[key] = nil }
            return chosen.keys.sorted { $0.description < $1.description }
        }
        if !gone.isEmpty { try Backend.emptyCache() }
        return gone
    }
}

/// A loaded model part. It may cross threads because the store hands it to one user at a time.
public enum ResidentModel: @unchecked Sendable {
    case transformer(Transformer)
    case vae(VideoVAE)
    case textEncoder(CaptionEncoder)

    var bytes: Int {
        switch self {
        case .transformer(let model): model.byteCount
        case .vae(let model): model.byteCount
        case .textEncoder(let model): model.encoder.byteCount
        }
    }
}

/// The right to use a model, given back when it goes.
public final class ModelLease: Sendable {
    private let store: ModelStore, key: ModelKey
    /// Not to be used after the lease went.
    public let model: ResidentModel
    private let isHeld = Atomic(true)

    fileprivate init(_ store: ModelStore, _ key: ModelKey, _ model: ResidentModel) {
        (self.store, self.key, self.model) = (store, key, model)
    }
    /// Gives the model back before the lease goes; the holder must not use it any more.
    func release() { if isHeld.exchange(false, ordering: .relaxed) { store.release(key) } }
    deinit { release() }
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
        case .inUse(let key, let user): "\(key) is in use by \(user); wait for it (run:wait()) or stop it (run:stop())"
        }
    }
}
