import Torch

/// A LoRA: an adapter for every targeted linear layer of a model, each with its own rank and alpha.
///
/// It belongs to a run; `attach` hangs it on the resident model and `detach` takes it off again.
public final class AdapterSet: Trainable {
    /// In the order of the model's `named_modules()`.
    public let adapters: [(linear: Linear, lora: LoRA)]
    /// A and B of every adapter, in order.
    public let parameters: [Parameter]

    private init(_ adapters: [(linear: Linear, lora: LoRA)]) {
        self.adapters = adapters
        parameters = adapters.flatMap { linear, lora in
            [Parameter(Self.keys(linear).a, lora.a), Parameter(Self.keys(linear).b, lora.b)]
        }
    }

    /// peft's initialisation drawn from `generator`: A in module order, B zero. A layer is targeted when its path is
    /// the entry or ends in `.entry`. Throws when an entry matches no layer.
    public convenience init(
        _ linears: [Linear], rank: Int, alpha: Double, targets: [String], dtype: DType? = nil, generator: Generator?
    ) throws {
        self.init(
            try Self.targeted(linears, targets).map { linear in
                (linear, try LoRA(for: linear, rank: rank, alpha: alpha, dtype: dtype, generator: generator))
            })
    }

    /// Adapters out of a LoRA file's tensors: `PATH.lora_A.weight` and `PATH.lora_B.weight`, without any prefix.
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
            if a == nil, b == nil { continue }
            guard let a else { throw AdapterError.half(source, missing: keys.a) }
            guard let b else { throw AdapterError.half(source, missing: keys.b) }
            try Self.check(linear, a, b, source)
            let alpha = unused.removeValue(forKey: linear.path) ?? Double(a.size(0))
            guard alpha.isFinite else { throw AdapterError.alpha(source, path: linear.path, alpha) }
            // A copy: the file's mapping must not be trained on.
            let leaves = try [a, b].map { try $0.to(linear.device).to(linear.computeType).cloned().trainable() }
            made.append((linear, LoRA(a: leaves[0], b: leaves[1], alpha: alpha)))
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
        func fits(_ linear: Linear, _ target: String) -> Bool {
            linear.path == target || linear.path.hasSuffix(".\(target)")
        }
        for target in targets where !linears.contains(where: { fits($0, target) }) {
            throw AdapterError.noSuchModule(target, known: Array(Set(linears.map { shortName($0.path) })).sorted())
        }
        return linears.filter { linear in targets.contains { fits(linear, $0) } }
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
        var out: [String: Tensor] = [:]
        for (linear, lora) in adapters {
            let keys = Self.keys(linear)
            out[prefix + keys.a] = try lora.a.detached().to(.cpu)
            out[prefix + keys.b] = try lora.b.detached().to(.cpu)
        }
        return out
    }

    private static func keys(_ linear: Linear) -> (a: String, b: String) {
        ("\(linear.path).lora_A.weight", "\(linear.path).lora_B.weight")
    }
}
