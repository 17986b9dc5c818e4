import Foundation
import NN
import Torch

/// The LoRA of one run: an adapter for every targeted linear layer of a transformer.
///
/// It belongs to the run; `attach` hangs it on the resident model and `detach` takes it off again.
public final class AdapterSet {
    /// In the order of the model's `named_modules()`.
    public let adapters: [(linear: Linear, lora: LoRA)]
    public let rank: Int, alpha: Double

    /// The modules that upstream targets by default.
    public static let defaultTargets = ["to_k", "to_q", "to_v", "to_out.0"]

    /// peft's initialisation drawn from `generator`: A in module order, B zero. A layer is targeted when its path is
    /// the entry or ends in `.entry`. Throws when an entry matches no layer.
    public init(
        _ transformer: Transformer, rank: Int, alpha: Double, dropout: Double = 0, targets: [String] = defaultTargets,
        dtype: DType? = nil, generator: Generator?
    ) throws {
        let chosen = try Self.targeted(transformer.linears, targets)
        (self.rank, self.alpha) = (rank, alpha)
        adapters = try chosen.map { linear in
            let lora = try LoRA(
                for: linear, rank: rank, alpha: alpha, dropout: dropout, dtype: dtype, generator: generator)
            return (linear: linear, lora: lora)
        }
    }

    /// Adapters out of a LoRA file's tensors: `PATH.lora_A.weight` and `PATH.lora_B.weight`, without any prefix.
    /// `alpha` nil: the rank, as every consumer of upstream's files assumes. Throws for a key that fits no layer.
    public init(_ transformer: Transformer, tensors: [String: Tensor], alpha: Double? = nil, source: String) throws {
        var rest = tensors, made: [(Linear, LoRA)] = []
        for linear in transformer.linears {
            guard let a = rest.removeValue(forKey: "\(linear.path).lora_A.weight") else { continue }
            guard let b = rest.removeValue(forKey: "\(linear.path).lora_B.weight") else {
                throw WeightsError.missing("\(linear.path).lora_B.weight", source)
            }
            let rank = a.size(0)
            guard a.shape == [rank, linear.inputs], rank > 0 else {
                throw WeightsError.shape(
                    "\(linear.path).lora_A.weight", expected: [rank, linear.inputs], found: a.shape, source)
            }
            guard b.shape == [linear.outputs, rank] else {
                throw WeightsError.shape(
                    "\(linear.path).lora_B.weight", expected: [linear.outputs, rank], found: b.shape, source)
            }
            let device = linear.weight.device, dtype = linear.weight.dtype
            // A copy: the file's mapping must not be trained on.
            let leaves = try [a, b].map { try $0.to(device).to(dtype).cloned().trainable() }
            made.append((linear, LoRA(a: leaves[0], b: leaves[1], alpha: alpha ?? Double(rank))))
        }
        if !rest.isEmpty { throw WeightsError.unused(rest.keys.sorted(), source) }
        adapters = made
        rank = made.first?.1.a.size(0) ?? 0
        self.alpha = alpha ?? Double(rank)
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
    /// `"transformer_blocks.3.attn1.to_out.0"` → `"attn1.to_out.0"`.
    private static func shortName(_ path: String) -> String {
        let parts = path.split(separator: ".")
        return parts.count > 2 && parts[0] == "transformer_blocks" ? parts.dropFirst(2).joined(separator: ".") : path
    }

    /// A and B of every adapter, in order: what the optimizer updates.
    public var parameters: [Tensor] { adapters.flatMap { [$0.lora.a, $0.lora.b] } }
    /// How many numbers are trained.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.count } }

    /// Hangs the adapters on their layers, at `strength` times alpha/rank.
    public func attach(strength: Double = 1, dropout: Double? = nil) {
        for (linear, lora) in adapters {
            lora.scale = strength * alpha / Double(rank)
            if let dropout { lora.dropout = dropout }
            linear.lora = lora
        }
    }
    /// Takes these adapters off, leaving any other in place.
    public func detach() { for (linear, lora) in adapters where linear.lora === lora { linear.lora = nil } }

    /// `PREFIX + PATH.lora_{A,B}.weight` → tensor, on the CPU.
    public func tensors(prefix: String = "") throws -> [String: Tensor] {
        var out: [String: Tensor] = [:]
        for (linear, lora) in adapters {
            out["\(prefix)\(linear.path).lora_A.weight"] = try lora.a.detached().to(.cpu)
            out["\(prefix)\(linear.path).lora_B.weight"] = try lora.b.detached().to(.cpu)
        }
        return out
    }
}
