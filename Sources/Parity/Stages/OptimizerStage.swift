import Base
import NN
import Torch

/// `opt.*`: parameters and states of every optimizer over 20 steps with stored gradients, against the library that it is of.
public struct OptimizerStage: ParityStage {
    /// What `--stage` takes.
    public let name = "opt"
    /// The only one.
    public init() {}

    /// Hyper-parameters of the goldens' metadata.
    private struct Arguments: Sendable {
        let json: JSON
        func number(_ name: String) -> Double { json[name]?.number ?? (json[name]?.bool == true ? 1 : 0) }
        var betas: (Double, Double) {
            let values = json["betas"]?.array?.compactMap(\.number) ?? []
            return values.count == 2 ? (values[0], values[1]) : (0.9, 0.999)
        }
    }
    private typealias Maker = @Sendable ([Parameter], Arguments) throws -> any Optimizer
    private static let adamW: Maker = {
        try AdamW($0, weightDecay: $1.number("weight_decay"), betas: $1.betas, epsilon: $1.number("eps"))
    }
    private static let adamW8bit: Maker = {
        try AdamW8bit($0, weightDecay: $1.number("weight_decay"), betas: $1.betas, epsilon: $1.number("eps"))
    }
    private static let lion: Maker = { try Lion($0, weightDecay: $1.number("weight_decay"), betas: $1.betas) }
    private static let adafactor: Maker = {
        var options = Adafactor.Options()
        (options.beta1, options.decayRate) = ($1.number("beta1"), $1.number("decay_rate"))
        (options.clipThreshold, options.scalesByParameter) =
            ($1.number("clip_threshold"), $1.number("scale_parameter") == 1)
        return try Adafactor($0, weightDecay: $1.number("weight_decay"), options: options)
    }
    private static let prodigy: Maker = {
        var options = Prodigy.Options()
        (options.betas, options.epsilon) = ($1.betas, $1.number("eps"))
        (options.firstEstimate, options.factor) = ($1.number("d0"), $1.number("d_coef"))
        options.correctsBias = $1.number("use_bias_correction") == 1
        options.safeguardsWarmup = $1.number("safeguard_warmup") == 1
        return try Prodigy($0, weightDecay: $1.number("weight_decay"), options: options)
    }
    private static func mastered(_ make: @escaping Maker) -> Maker {
        { parameters, arguments in try MasterWeights(parameters) { try make($0, arguments) } }
    }

    /// What is built of the goldens' names, the formats that it is compared in, and how close: the fused kernel and libtorch's
    /// own square root are the reference's, other orders of summation move fp32 by some 1e-7 a step.
    private static var cases: [(name: String, formats: [String], make: Maker, tolerance: Double)] {
        [
            ("adamw_fused", ["f32", "bf16"], adamW, 1e-6), ("adamw_strong", ["f32", "bf16"], adamW, 1e-6),
            ("adamw_master", ["bf16"], mastered(adamW), 1e-6),
            ("adamw8bit_cuda", ["f32", "bf16"], adamW8bit, Tolerance.exact),
            ("adamw8bit_cuda_strong", ["f32"], adamW8bit, Tolerance.exact),
            ("adafactor_hf", ["f32", "bf16"], adafactor, 1e-5),
            ("adafactor_hf_scaled", ["f32", "bf16"], adafactor, 1e-5),
            ("adafactor_hf_momentum", ["f32", "bf16"], adafactor, 1e-5),
            ("lion", ["f32", "bf16"], lion, Tolerance.exact),
            ("prodigy", ["f32"], prodigy, 1e-5), ("prodigy_safe", ["f32"], prodigy, 1e-5),
            ("prodigy_master", ["bf16"], mastered(prodigy), 1e-5),
        ]
    }

    /// One row an optimizer and format: the tensor that is furthest off.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        try Self.cases.flatMap { entry in
            try entry.formats.compactMap { format in
                let prefix = "opt.\(entry.name).\(format)."
                guard goldens.keys(after: prefix).contains(where: { $0.hasSuffix(".p") }) else { return nil }
                let ours = try Self.trajectory(entry.make, entry.name, format, goldens)
                let rows = try goldens.keys(after: prefix).compactMap { key -> ParityRow? in
                    guard let steps = ours[key] else { return nil }
                    let reference = try goldens[prefix + key], kept = Self.steps(reference.size(0), of: steps, goldens)
                    // On other devices a value right between two codes may get the other one.
                    let tolerance = model.device == .cpu ? entry.tolerance : max(entry.tolerance, 1e-2)
                    return try .compare(
                        "\(entry.name).\(format) \(key)", stacked(kept).reshaped(reference.shape), reference, tolerance)
                }
                return rows.max { ($0.passed ? 0 : 1, $0.relative) < ($1.passed ? 0 : 1, $1.relative) }
            }
        }
    }

    /// Every state after every step, by `TENSOR.STATE`.
    private static func trajectory(
        _ make: Maker, _ name: String, _ format: String, _ goldens: Goldens
    ) throws -> [String: [Tensor]] {
        let arguments = Arguments(json: goldens.metadata["optimizers"]?[name] ?? .null)
        let names = goldens.keys(after: "opt.\(name).\(format).").filter { $0.hasSuffix(".p") }.map {
            String($0.dropLast(2))
        }
        let dtype: DType = format == "bf16" ? .bfloat16 : .float32
        let parameters = try names.map {
            Parameter($0, try goldens["init.\($0)"].to(dtype).cloned().trainable())
        }
        let optimizer = try make(parameters, arguments)
        var all: [String: [Tensor]] = [:]
        for step in 0..<(goldens.metadata["steps"]?.integer ?? 20) {
            for parameter in parameters {
                try parameter.tensor.setGradient(goldens["grad.\(parameter.name)"].select(0, step).to(dtype))
            }
            try optimizer.takeGradients(times: nil)
            try optimizer.update(
                rate: arguments.number("lr"), skip: step % 2 == 0 ? nil : .zeros([], device: model(goldens)))
            let entries = optimizer.entries + parameters.map { (name: "\($0.name).p", tensor: $0.tensor) }
            for (key, tensor) in entries {
                let key = key.hasPrefix("group.") ? String(key.dropFirst(6)) : key
                all[key, default: []].append(try tensor.detached().cloned())
            }
        }
        return all
    }
    private static func model(_ goldens: Goldens) throws -> Device { try goldens["init.a"].device }
    /// The goldens hold every step, or of large tensors the ones that the metadata name.
    private static func steps(_ count: Int, of all: [Tensor], _ goldens: Goldens) -> [Tensor] {
        guard count != all.count else { return all }
        return goldens.sizes("rows", []).map { all[$0] }
    }
}
