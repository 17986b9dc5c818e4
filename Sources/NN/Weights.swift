import Synchronization
import Torch

/// A checkpoint being read from a given key downwards: `weights / "attn1" / "to_q"`.
///
/// Each layer takes its tensors out by key where it is made, so that a key is written once; `finish()` then proves that
/// nothing is left over.
public struct Weights {
    /// What is left of the checkpoint, and what was built from it.
    final class Store {
        var tensors: [String: Tensor]
        var linears: [Linear] = []
        let source: String, policy: WeightPolicy
        /// Makes tensors instead of reading them.
        let maker: ((String, [Int]) throws -> Tensor)?
        /// Everything taken so far, by key.
        var taken: [String: Tensor] = [:]
        init(
            _ tensors: [String: Tensor], source: String, policy: WeightPolicy = WeightPolicy(),
            maker: ((String, [Int]) throws -> Tensor)? = nil
        ) {
            (self.tensors, self.source, self.policy, self.maker) = (tensors, source, policy, maker)
        }
    }
    let store: Store
    /// The key so far, with dots: `"transformer_blocks.0.attn1"`.
    public let path: String

    /// - Parameters:
    ///   - source: the file or folder, for errors.
    ///   - policy: what becomes of each tensor as it is taken.
    public init(_ tensors: [String: Tensor], source: String, policy: WeightPolicy = WeightPolicy()) {
        store = Store(tensors, source: source, policy: policy)
        path = ""
    }
    /// No checkpoint: `make` is called with each key and shape that a model asks for. With tensors on the meta device
    /// this tells what the checkpoint of a model has in it.
    public init(making make: @escaping (_ key: String, _ shape: [Int]) throws -> Tensor) {
        store = Store([:], source: "a new model", maker: make)
        path = ""
    }
    private init(_ store: Store, _ path: String) { (self.store, self.path) = (store, path) }

    /// One level down: `path` grows by a dot and the key. Nothing is read.
    public static func / (w: Weights, key: String) -> Weights {
        Weights(w.store, w.path.isEmpty ? key : "\(w.path).\(key)")
    }
    /// One level down, to an element of a list of layers.
    public static func / (w: Weights, index: Int) -> Weights { w / "\(index)" }

    /// Takes a tensor out of the checkpoint. Throws when it is missing or has another shape.
    public func take(_ key: String, _ shape: Int...) throws -> Tensor { try take(key, shape: shape) }
    /// Takes a tensor out of the checkpoint. Throws when it is missing or has another shape.
    public func take(_ key: String, shape: [Int]) throws -> Tensor {
        let key = (self / key).path
        if let maker = store.maker {
            let made = try maker(key, shape)
            store.taken[key] = made
            return made
        }
        guard let tensor = store.tensors.removeValue(forKey: key) else { throw WeightsError.missing(key, store.source) }
        guard tensor.shape == shape else {
            throw WeightsError.shape(key, expected: shape, found: tensor.shape, store.source)
        }
        let policy = store.policy, dtype = tensor.dtype.isFloating ? policy.dtype ?? tensor.dtype : tensor.dtype
        var taken = try tensor.to(policy.device).to(dtype)
        // Products in bf16 are the same wherever their matrices lie, and those of large models stay in the file.
        if dtype == .float32 { taken = try taken.aligned() }
        store.taken[key] = taken
        return taken
    }
    /// The matrix of a linear layer, converted as it is taken: never two whole models in memory.
    func matrix(_ key: String, outputs: Int, inputs: Int) throws -> LinearWeight {
        .dense(try take(key, outputs, inputs))
    }
    /// True when the checkpoint (still) has that key.
    public func has(_ key: String) -> Bool { store.tensors[(self / key).path] != nil }
    /// The shape of a tensor that has not been taken, nil when there is none.
    public func shape(of key: String) -> [Int]? { store.tensors[(self / key).path]?.shape }
    /// What `build` makes of the checkpoint, all of it: throws when a tensor was not used, or when the file that one came
    /// out of was cut short meanwhile.
    public func whole<Model>(_ build: (Weights) throws -> Model) throws -> Model {
        let model = try build(self)
        try finish()
        return model
    }
    /// Throws when a tensor was not used, or when the file that one came out of was cut short meanwhile.
    public func finish() throws {
        try MappedFile.checkAll()
        if !store.tensors.isEmpty { throw WeightsError.unused(store.tensors.keys.sorted(), store.source) }
    }
    /// Everything taken so far, by key, as the model holds it.
    public var taken: [String: Tensor] { store.taken }
    /// Bytes of everything taken so far.
    public var byteCount: Int { store.taken.values.reduce(0) { $0 + $1.byteCount } }
    /// Every linear layer made so far, in the order in which they were made.
    public var linears: [Linear] { store.linears }
}
