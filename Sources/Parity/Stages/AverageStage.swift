import NN
import Torch

/// `ema.ramp.*`: the moving average of stored parameters, as diffusers' `EMAModel` makes it.
public struct AverageStage: ParityStage {
    /// What `--stage` takes.
    public let name = "ema"
    /// The only one.
    public init() {}

    /// One row a tensor.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        try goldens.keys(after: "ema.ramp.f32.").map { key in
            let trajectory = try goldens["ema.trajectory.\(key)"]
            let average = try MovingAverage([Parameter(key, goldens["init.\(key)"])], decay: 0.99)
            let ours = try trajectory.unbound(0).map { now in
                try average.add([Parameter(key, now)])
                return try average.averages[0].tensor.cloned()
            }
            return try .compare(key, stacked(ours), goldens["ema.ramp.f32.\(key)"], 1e-6)
        }
    }
}
