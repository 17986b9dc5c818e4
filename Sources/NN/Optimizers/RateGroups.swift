import Torch

/// Several optimizers as one: each moves its own parameters at its own multiple of the rate, as LoRA+ wants it for the B of adapters
/// (Hayou et al. 2024).
public final class RateGroups: Optimizer {
    /// See `Optimizer`.
    public let parameters: [Parameter]
    private let groups: [(optimizer: any Optimizer, factor: Double)]

    /// `factor` of each parameter; those of one factor are one group, which `make` makes the optimizer of.
    public init(
        _ parameters: [Parameter], factor: (Parameter) -> Double, _ make: ([Parameter]) throws -> any Optimizer
    ) throws {
        self.parameters = parameters
        groups = try Dictionary(grouping: parameters, by: factor).sorted { $0.key < $1.key }
            .map { (try make($0.value), $0.key) }
    }

    /// Of all groups.
    public var weightDecay: Double {
        get { groups.first?.optimizer.weightDecay ?? 0 }
        set { for group in groups { group.optimizer.weightDecay = newValue } }
    }
    /// See `Optimizer`.
    public func update(rate: Double, skip: Tensor? = nil) throws {
        for group in groups { try group.optimizer.update(rate: rate * group.factor, skip: skip) }
    }
    /// Those of the groups, which have no names in common.
    public var entries: [(name: String, tensor: Tensor)] { groups.flatMap(\.optimizer.entries) }
}
