import NN
import Torch

/// `scaler.*`: the loss scale of fp16 over 30 steps with overflows, as torch's `GradScaler` moves it, and what AdamW makes of the
/// gradients.
public struct ScalerStage: ParityStage {
    /// What `--stage` takes.
    public let name = "scaler"
    /// The only one.
    public init() {}
    private static let interval = 4

    /// Scale and counter; the parameters where the goldens have the gradients.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        guard goldens.has("scaler.single.found_inf") else { return [] }
        let overflows = try goldens["scaler.single.found_inf"],
            scaler = try LossScaler(interval: Self.interval, device: overflows.device)
        var states: [[Tensor]] = [try copies(scaler)]
        for overflow in try overflows.unbound(0) {
            try scaler.update(overflow: overflow)
            states.append(try copies(scaler))
        }
        var rows = try zip(["scale", "growth_tracker"], 0...1).map { name, place in
            try ParityRow.compare(
                name, stacked(states.map { $0[place] }), goldens["scaler.single.\(name)"], Tolerance.exact)
        }
        if goldens.has("scaler.grad.a") { rows += try training(goldens) }
        return rows
    }
    private func copies(_ scaler: LossScaler) throws -> [Tensor] { try scaler.entries.map { try $0.tensor.cloned() } }

    /// The updates themselves, with the gradients that a backward pass in fp16 leaves.
    private func training(_ goldens: Goldens) throws -> [ParityRow] {
        let names = ["a", "b", "d"]
        let parameters = try names.map { Parameter($0, try goldens["init.\($0)"].cloned().trainable()) }
        let optimizer = try AdamW(parameters, weightDecay: 1e-2)
        let scaler = try LossScaler(interval: Self.interval, device: parameters[0].tensor.device)
        let forced = [7: Double.infinity, 13: .nan, 20: .infinity, 21: -.infinity]
        let rates = try goldens["scaler.single.lr"].to(.float64), steps = rates.count
        var found: [String: [Tensor]] = [:]
        for step in 0..<steps {
            for parameter in parameters {
                let gradient = try goldens["scaler.grad.\(parameter.name)"].select(0, step) * scaler.scale
                let half = try gradient.to(.float16).to(.float32)
                if let value = forced[step], parameter.name == "b" {
                    try half.reshaped(-1).slice(0, 5..<6).fill(value)
                }
                try parameter.tensor.setGradient(half)
            }
            try optimizer.takeGradients(times: scaler.inverse())
            let clip = try GradientClip.apply(to: optimizer.trained, maxNorm: 1)
            // The goldens were made with a scaler that divides a second time, after the clipping: it knew the optimizer in its wrapper
            // and without it as two.
            try optimizer.takeGradients(times: scaler.inverse())
            try optimizer.update(rate: rates.select(0, step).item(), skip: clip.notFinite)
            try scaler.update(overflow: clip.notFinite)
            for parameter in parameters {
                found[parameter.name, default: []].append(try parameter.tensor.detached().cloned())
            }
        }
        return try names.map { name in
            try .compare("p.\(name)", stacked(found[name] ?? []), goldens["scaler.single.p.\(name)"], 1e-6)
        }
    }
}
