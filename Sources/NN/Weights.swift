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
        let source: String, policy: WeightPolicy, stored: StoredScales
        /// Makes tensors instead of reading them.
        let maker: ((String, [Int]) throws -> Tensor)?
        /// Everything taken so far, by key, and the keys in that order.
        var taken: [String: Tensor] = [:], order: [String] = []
        /// Bytes of what was taken, as it is kept.
        var byteCount = 0
        /// The blocks' matrices, where several ranks share them.
        var shards: ShardedMatrices?
        init(
            _ tensors: [String: Tensor], source: String, policy: WeightPolicy, stored: StoredScales,
            maker: ((String, [Int]) throws -> Tensor)? = nil
        ) {
            (self.tensors, self.source, self.policy) = (tensors, source, policy)
            (self.stored, self.maker) = (stored, maker)
        }
    }
    let store: Store
    /// What becomes of the matrices from here downwards.
    private var quantization: QuantizedFormat?, isElsewhere = false
    /// The key so far, with dots: `"transformer_blocks.0.attn1"`.
    public let path: String

    /// - Parameters:
    ///   - source: the file or folder, for errors.
    ///   - policy: what becomes of each tensor as it is taken.
    ///   - stored: what is known of weights in floats of eight bits.
    public init(
        _ tensors: [String: Tensor], source: String, policy: WeightPolicy = WeightPolicy(),
        stored: StoredScales = StoredScales(dtype: .bfloat16)
    ) {
        store = Store(tensors, source: source, policy: policy, stored: stored)
        (path, quantization) = ("", policy.quantization)
    }
    /// No checkpoint: `make` is called with each key and shape that a model asks for. With tensors on the meta device
    /// this tells what the checkpoint of a model has in it, and what it takes in memory under a policy.
    public init(
        policy: WeightPolicy = WeightPolicy(), making make: @escaping (_ key: String, _ shape: [Int]) throws -> Tensor
    ) {
        store = Store([:], source: "a new model", policy: policy, stored: StoredScales(dtype: .bfloat16), maker: make)
        (path, quantization) = ("", policy.quantization)
    }
    private init(_ w: Weights, _ path: String) {
        (store, self.path) = (w.store, path)
        (quantization, isElsewhere) = (w.quantization, w.isElsewhere)
    }

    /// One level down: `path` grows by a dot and the key. Nothing is read.
    public static func / (w: Weights, key: String) -> Weights {
        Weights(w, w.path.isEmpty ? key : "\(w.path).\(key)")
    }
    /// One level down, to an element of a list of layers.
    public static func / (w: Weights, index: Int) -> Weights { w / "\(index)" }

    /// The same place, below which no matrix is quantized, whatever the policy says.
    public var unquantized: Weights {
        var w = self
        w.quantization = nil
        return w
    }
    /// The same place, below which matrices are on the device only while their block is used.
    var elsewhere: Weights {
        var w = self
        w.isElsewhere = true
        return w
    }
    /// How the checkpoint's tensors are kept.
    public var policy: WeightPolicy { store.policy }

    /// Takes a tensor out of the checkpoint. Throws when it is missing or has another shape.
    public func take(_ key: String, _ shape: Int...) throws -> Tensor { try take(key, shape: shape) }
    /// Takes a tensor out of the checkpoint. Throws when it is missing or has another shape.
    public func take(_ key: String, shape: [Int]) throws -> Tensor {
        let key = (self / key).path
        return keep(key, try converted(key, stored(key, shape)))
    }
    /// The matrix of a linear layer, converted as it is taken: never two whole models in memory.
    func matrix(_ key: String, outputs: Int, inputs: Int) throws -> LinearWeight {
        let key = (self / key).path
        let weight = try matrix(key, stored(key, [outputs, inputs])), device = store.policy.device
        guard isElsewhere else {
            for tensor in weight.tensors { keep(key, tensor) }
            return weight
        }
        // What is noted is where it stays, so that the device has no more of these matrices than a block's.
        let isShared = store.policy.shard != nil
        let noted = try weight.moved { try isShared ? $0.emptyCopy(on: .meta) : $0.pinned(for: device) }
        for tensor in noted.tensors { keep(key, tensor) }
        return .offloaded(OffloadedWeight(isShared ? weight : noted, for: device))
    }
    private func matrix(_ key: String, _ tensor: Tensor) throws -> LinearWeight {
        guard let format = quantization else {
            let matrix = try converted(key, tensor)
            return store.policy.trainedIn.map { .trained(matrix, $0) } ?? .dense(matrix)
        }
        let dtype = store.policy.dtype ?? (tensor.dtype.isNarrow ? store.stored.dtype : tensor.dtype)
        if tensor.dtype.isNarrow {
            // Eight bits already: rounding them again would lose a second time and save nothing.
            guard format.bits == 8 else { throw WeightsError.quantizedTwice(key, "\(format)", store.source) }
            let scale = try store.stored.scales[key] ?? Tensor.ones([1, 1])
            let codes = try tensor.to(store.policy.device), one = try scale.to(.float32).reshaped(1, 1).to(codes.device)
            return .quantized(try QuantizedTensor(codes: codes, scale: one), dtype)
        }
        // What is made without a checkpoint is where it belongs.
        let device = store.maker == nil ? store.policy.device : tensor.device
        let quantized = try QuantizedTensor(tensor.to(device), as: format, in: dtype)
        tensor.forgetPages()
        return .quantized(quantized, dtype)
    }

    /// A tensor as the checkpoint has it, which is then without it.
    private func stored(_ key: String, _ shape: [Int]) throws -> Tensor {
        if let maker = store.maker { return try maker(key, shape) }
        guard let tensor = store.tensors.removeValue(forKey: key) else { throw WeightsError.missing(key, store.source) }
        guard tensor.shape == shape else {
            throw WeightsError.shape(key, expected: shape, found: tensor.shape, store.source)
        }
        return tensor
    }
    /// As the policy wants it; the pages of a file that it was read from go with it.
    private func converted(_ key: String, _ tensor: Tensor) throws -> Tensor {
        let policy = store.policy
        if store.maker != nil { return policy.trainedIn == nil ? tensor : try tensor.trainable() }
        guard tensor.dtype.isFloating else { return try tensor.to(policy.device) }
        let there = try tensor.to(policy.device), converted: Tensor
        if tensor.dtype.isNarrow {
            let dtype = policy.dtype ?? store.stored.dtype, scale = try store.stored.scales[key]?.to(policy.device)
            converted = try scale.map { try (there.to(.float32) * $0.to(.float32)).to(dtype) } ?? there.to(dtype)
        } else {
            converted = try there.to(policy.dtype ?? tensor.dtype)
        }
        if converted !== tensor { tensor.forgetPages() }
        if policy.trainedIn != nil { return try (converted === tensor ? converted.cloned() : converted).trainable() }
        // Products in bf16 are the same wherever their matrices lie, and those of large models stay in the file.
        return converted.dtype == .float32 ? try converted.aligned() : converted
    }
    @discardableResult
    private func keep(_ key: String, _ tensor: Tensor) -> Tensor {
        store.byteCount += tensor.byteCount
        if store.taken[key] == nil {
            store.taken[key] = tensor
            store.order.append(key)
        }
        return tensor
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
    /// Everything taken so far, by key, as the model holds it; of a quantized matrix its codes.
    public var taken: [String: Tensor] { store.taken }
    /// Everything taken so far that is trained, in the order in which it was.
    public var trained: [Parameter] {
        store.order.compactMap { key in
            store.taken[key].flatMap { $0.requiresGradient ? Parameter(key, $0) : nil }
        }
    }
    /// Bytes of everything taken so far, as it is kept.
    public var byteCount: Int { store.byteCount }
    /// The matrices of the blocks, where several ranks share them.
    public internal(set) var shards: ShardedMatrices? {
        get { store.shards }
        nonmutating set { store.shards = newValue }
    }
    /// So many bytes of what was taken are not kept.
    func saved(_ bytes: Int) { store.byteCount -= bytes }
    /// Every linear layer made so far, in the order in which they were made.
    public var linears: [Linear] { store.linears }
}
