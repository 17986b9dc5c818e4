import Torch

/// The factor that a loss is multiplied by before its gradients are taken in fp16, where small ones would be 0: torch's `GradScaler`.
/// It doubles after so many updates without an overflow, and halves at each one. The host waits for nothing.
public final class LossScaler {
    /// A scalar in fp32, where the model is.
    public let scale: Tensor
    private let calm: Tensor
    private let interval: Int

    /// With torch's defaults.
    public init(scale: Double = 65_536, interval: Int = 2000, device: Device) throws {
        self.scale = try .full([], scale, device: device)
        calm = try .zeros([], device: device)
        self.interval = interval
    }

    /// What gradients of the multiplied loss are multiplied by.
    public func inverse() throws -> Tensor { try scale.to(.float64).power(-1).to(.float32) }

    /// Takes note of an update: `overflow` is not zero when its gradients were not finite.
    public func update(overflow: Tensor) throws {
        let isOver = try overflow.equals(0).negated(), calmer = try calm + 1
        let isDue = try calmer.isBelow(Double(interval)).negated(), larger = try scale * 2
        let grown = try Tensor.choose(isDue, .choose(larger.isFinite(), larger, scale), scale)
        let next = try Tensor.choose(isOver, scale * 0.5, grown)
        let after = try Tensor.choose(isOver, calm * 0, .choose(isDue, calm * 0, calmer))
        try scale.copy(from: next)
        try calm.copy(from: after)
    }

    /// What it goes on from, changed in place.
    public var entries: [(name: String, tensor: Tensor)] { [("scale", scale), ("growth_tracker", calm)] }
}
