import Torch

/// A LoRA: an adapter for every targeted linear layer of a model, each with its own rank and alpha.
///
/// It belongs to a run; `attach` hangs it on the resident model and `detach` takes it off again.
public final class AdapterSet: Trainable {
    /// In the order of the model's `named_modules()`.
    public let adapters: [(linear: Linear, lora: LoRA)]
    /// A, B and, where there is one, the magnitude of every adapter, in order.
    public let parameters: [Parameter]

    private init(_ adapters: [(linear: Linear, lora: LoRA)]) {
        self.adapters = adapters
        parameters = adapters.flatMap { linear, lora in
            let keys = Self.keys(linear)
            return [Parameter(keys.a, lora.a), Parameter(keys.b, lora.b)]
                + (lora.magnitude.map { [Parameter(keys.magnitude, $0)] } ?? [])
        }
    }

    /// peft's initialisation drawn from `generator`: A in module order, B zero. A layer is targeted when its path is
    /// the entry or ends in `.entry`. Throws when an entry matches no layer.
    public convenience init(
        _ linears: [Linear], rank: Int, alpha: Double, targets: [String], dtype: DType? = nil, generator: Generator?
    ) throws {
        try self.init(
            linears, AdapterOptions(rank: rank, alpha: alpha), targets: targets, dtype: dtype, generator: generator)
    }
    /// The same with ranks and alphas of their own for some layers, or as DoRA. Throws also when an exception matches no
    /// targeted layer.
    public convenience init(
        _ linears: [Linear], _ options: AdapterOptions, targets: [String], dtype: DType? = nil, generator: Generator?
    ) throws {
        let targeted = try Self.targeted(linears, targets)
        for (key, patterns) in [
            ("lora.rank_pattern", Array(options.ranks.keys)), ("lora.alpha_pattern", Array(options.alphas.keys)),
        ] {
            for pattern in patterns.sorted() where !targeted.contains(where: { Self.fits($0, pattern) }) {
                throw AdapterError.noSuchModule(pattern, known: Self.shortNames(targeted), key: key)
            }
        }
        self.init(
            try targeted.map { linear in
                let lora = try LoRA(
                    for: linear, rank: options.rank(of: linear.path), alpha: options.alpha(of: linear.path),
                    isDecomposed: options.isDecomposed, dtype: dtype, generator: generator)
                return (linear, lora)
            })
    }

    /// Adapters out of a LoRA file's tensors: `PATH.lora_A.weight`, `PATH.lora_B.weight` and, for DoRA,
    /// `PATH.lora_magnitude_vector`, without any prefix.
    ///
    /// - Parameters:
    ///   - alphas: by path; an adapter that is not named has its rank, as every consumer of upstream's files assumes.
    ///   - source: the file, for errors.
    /// Throws `AdapterError` for what fits no layer.
    public convenience init(
        _ linears: [Linear], tensors: [String: Tensor], alphas: [String: Double] = [:], source: String
    ) throws {
        guard !tensors.isEmpty else { throw AdapterError.empty(source) }
        var rest = tensors, unused = alphas, made: [(Linear, LoRA)] = []
        for linear in linears {
            let keys = Self.keys(linear)
            let a = rest.removeValue(forKey: keys.a), b = rest.removeValue(forKey: keys.b)
            let magnitude = rest.removeValue(forKey: keys.magnitude)
            if a == nil, b == nil, magnitude == nil { continue }
            guard let a else { throw AdapterError.half(source, missing: keys.a) }
            guard let b else { throw AdapterError.half(source, missing: keys.b) }
            try Self.check(linear, a, b, source)
            let alpha = unused.removeValue(forKey: linear.path) ?? Double(a.size(0))
            guard alpha.isFinite else { throw AdapterError.alpha(source, path: linear.path, alpha) }
            if let magnitude, magnitude.shape != [linear.outputs] {
                throw AdapterError.otherModel(
                    source, path: linear.path, there: [a.size(1), magnitude.count],
                    here: [linear.inputs, linear.outputs])
            }
            // A copy: the file's mapping must not be trained on.
            let leaves = try [a, b, magnitude].map { tensor in
                try tensor.map { try $0.to(linear.device).to(linear.computeType).cloned().trainable() }
            }
            if let a = leaves[0], let b = leaves[1] {
                made.append((linear, LoRA(a: a, b: b, magnitude: leaves[2], alpha: alpha)))
            }
        }
        let foreign = rest.keys.sorted() + unused.keys.sorted().map { "\($0).alpha" }
        if !foreign.isEmpty { throw AdapterError.foreign(source, foreign) }
        self.init(made)
    }

    /// The file must be of a model with layers of this size.
    private static func check(_ linear: Linear, _ a: Tensor, _ b: Tensor, _ source: String) throws {
        guard a.rank == 2, b.rank == 2, a.size(0) > 0, a.size(0) == b.size(1) else {
            throw AdapterError.shapes(source, path: linear.path, a: a.shape, b: b.shape)
        }
        guard a.size(1) == linear.inputs, b.size(0) == linear.outputs else {
            throw AdapterError.otherModel(
                source, path: linear.path, there: [a.size(1), b.size(0)], here: [linear.inputs, linear.outputs])
        }
    }

    private static func targeted(_ linears: [Linear], _ targets: [String]) throws -> [Linear] {
        for target in targets where !linears.contains(where: { fits($0, target) }) {
            throw AdapterError.noSuchModule(target, known: shortNames(linears), key: "lora.target_modules")
        }
        return linears.filter { linear in targets.contains { fits(linear, $0) } }
    }
    private static func fits(_ linear: Linear, _ target: String) -> Bool {
        AdapterOptions.fits(linear.path, target)
    }
    private static func shortNames(_ linears: [Linear]) -> [String] {
        Array(Set(linears.map { shortName($0.path) })).sorted()
    }
    /// Without the number of the block: `"transformer_blocks.3.attn1.to_out.0"` → `"attn1.to_out.0"`.
    private static func shortName(_ path: String) -> String {
        let parts = path.split(separator: ".")
        return parts.count > 2 && Int(parts[1]) != nil ? parts.dropFirst(2).joined(separator: ".") : path
    }

    // MARK: - Use

    /// Hangs the adapters on their layers, at `strength` times alpha/rank of each.
    public func attach(strength: Double = 1, dropout: Dropout? = nil) {
        for (linear, lora) in adapters {
            (lora.strength, lora.dropout) = (strength, dropout)
            linear.lora = lora
        }
    }
    /// Takes these adapters off, leaving any other in place.
    public func detach() { for (linear, lora) in adapters where linear.lora === lora { linear.lora = nil } }

    // MARK: - Files

    /// By the path of the layer, as `init(_:tensors:alphas:source:)` takes them.
    public var alphas: [String: Double] {
        Dictionary(adapters.map { ($0.linear.path, $0.lora.alpha) }, uniquingKeysWith: { first, _ in first })
    }

    /// `PREFIX + PATH.lora_{A,B}.weight` → tensor, on the CPU and as trained: to be scaled by alpha/rank.
    public func tensors(prefix: String = "") throws -> [String: Tensor] {
        try Dictionary(
            uniqueKeysWithValues: parameters.map { (prefix + $0.name, try $0.tensor.detached().to(.cpu)) })
    }

    private static func keys(_ linear: Linear) -> (a: String, b: String, magnitude: String) {
        let path = linear.path
        return ("\(path).lora_A.weight", "\(path).lora_B.weight", "\(path).lora_magnitude_vector")
    }
}
