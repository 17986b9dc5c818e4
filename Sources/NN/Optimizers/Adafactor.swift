import Foundation
import Torch

/// Adafactor (Shazeer and Stern 2018) at a given rate, as transformers' without `relative_step`: of a matrix's second moment it
/// keeps the means of its rows and columns alone. States are fp32.
public final class Adafactor: Optimizer {
    /// See `Optimizer`.
    public let parameters: [Parameter]
    /// May be changed between two updates.
    public var weightDecay: Double
    private let options: Options
    /// Of matrices the means over rows and over columns, of anything else the whole second moment.
    private let moments: [[Tensor]]
    private let averages: [Tensor], steps: [Tensor]

    /// What has a default.
    public struct Options: Sendable {
        /// Of the first moment; 0 keeps none.
        public var beta1 = 0.0
        /// The second moment keeps 1 − step^decayRate of itself.
        public var decayRate = -0.8
        /// The root mean square that an update is held to, before the rate.
        public var clipThreshold = 1.0
        /// Whether the rate is scaled by the root mean square of the parameter, which counts as 1e-3 at least.
        public var scalesByParameter = false

        /// The defaults.
        public init() {}
    }

    /// States are zero and lie where the parameters do.
    public init(_ parameters: [Parameter], weightDecay: Double = 0, options: Options = Options()) throws {
        self.parameters = parameters
        (self.weightDecay, self.options) = (weightDecay, options)
        moments = try parameters.map { parameter in
            let shape = parameter.tensor.shape, device = parameter.tensor.device
            guard shape.count > 1 else { return [try parameter.zeros(.float32)] }
            return try [Array(shape.dropLast()), shape.dropLast(2) + shape.suffix(1)].map {
                try .zeros($0, device: device)
            }
        }
        averages = try options.beta1 > 0 ? parameters.map { try $0.zeros(.float32) } : []
        steps = try parameters.map { try .zeros([], device: $0.tensor.device) }
    }

    /// See `Optimizer`.
    public func update(rate: Double, skip: Tensor? = nil) throws {
        try withoutGradients {
            let commit = try Commit(skip: skip)
            for (place, gradient) in try gradients() { try move(place, gradient.to(.float32), rate, commit) }
        }
    }

    private func move(_ place: Int, _ gradient: Tensor, _ rate: Double, _ commit: Commit) throws {
        let parameter = parameters[place].tensor, old = try parameter.detached().to(.float32)
        let step = try steps[place] + 1, kept = try 1 - step.to(.float64).power(options.decayRate)
        let square = try gradient.squared() + 1e-30
        func averaged(_ moment: Tensor, _ new: Tensor) throws -> Tensor { try moment * kept + new * (1 - kept) }
        var update: Tensor
        if moments[place].count == 2 {
            let rows = try averaged(moments[place][0], square.mean(-1))
            let columns = try averaged(moments[place][1], square.mean(-2))
            let byRow = try (rows / rows.mean(-1, keep: true)).rsqrt().unsqueezed(-1)
            update = try byRow * columns.unsqueezed(-2).rsqrt() * gradient
            try commit(moments[place][0], rows)
            try commit(moments[place][1], columns)
        } else {
            let moment = try averaged(moments[place][0], square)
            update = try moment.rsqrt() * gradient
            try commit(moments[place][0], moment)
        }
        // In fp32, as the reference's are: 0-dimensional fp64 would be another number.
        let excess = try (Self.meanRoot(update) / options.clipThreshold).clamped(1, .infinity)
        update = try update / excess
        var scale = try Tensor.full([], rate, dtype: .float64, device: parameter.device)
        if options.scalesByParameter { scale = try Self.meanRoot(old).clamped(1e-3, .infinity).to(.float64) * rate }
        update = try update * scale
        if options.beta1 > 0 {
            update = try (averages[place] * options.beta1).adding(update, scaledBy: 1 - options.beta1)
            try commit(averages[place], update)
        }
        let decayed = try weightDecay == 0 ? old : old - old * (scale * weightDecay)
        try commit(parameter, decayed - update)
        try commit(steps[place], step)
    }
    private static func meanRoot(_ x: Tensor) throws -> Tensor { try x.norm() / Double(x.count).squareRoot() }

    /// `exp_avg_sq_row` and `exp_avg_sq_col`, or `exp_avg_sq`, `exp_avg` and `step` of each parameter.
    public var entries: [(name: String, tensor: Tensor)] {
        let seconds = zip(parameters, moments).flatMap { parameter, moments in
            zip(moments.count == 2 ? ["exp_avg_sq_row", "exp_avg_sq_col"] : ["exp_avg_sq"], moments).map {
                (name: "\(parameter.name).\($0)", tensor: $1)
            }
        }
        return seconds + named("exp_avg", averages) + named("step", steps)
    }
}
