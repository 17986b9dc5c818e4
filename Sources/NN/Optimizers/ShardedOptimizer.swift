import Torch

/// An optimizer of which every rank has the part for its own parameters, and so many times less of the states (Rajbhandari et al. 2020,
/// ZeRO-1). Each moves its own, and then all have them.
///
/// All ranks call `update` and `collect` at the same time. Gradients are the same on all ranks. Not for an optimizer whose parameters
/// know of each other.
public final class ShardedOptimizer: Optimizer {
    /// All of them, on every rank.
    public let parameters: [Parameter]
    /// See `Optimizer`.
    public let foreign: Set<String>
    /// The rank of each parameter.
    let owners: [Int]
    private let own: any Optimizer, group: ProcessGroup?
    /// What the optimizer of all parameters would go on from: looks, and whose they are.
    private let outline: [(name: String, shape: [Int], dtype: DType, owner: Int)]

    /// - Parameters:
    ///   - group: nil where nothing is updated.
    ///   - make: makes the optimizer of some parameters.
    public init(
        _ parameters: [Parameter], _ shard: WeightShard, group: ProcessGroup?,
        _ make: ([Parameter]) throws -> any Optimizer
    ) throws {
        (self.parameters, self.group) = (parameters, group)
        let owners = Self.owners(parameters.map(\.tensor.count), ranks: shard.count)
        self.owners = owners
        func part(_ rank: Int) -> [Parameter] { zip(parameters, owners).filter { $1 == rank }.map(\.0) }
        own = try make(part(shard.rank))
        outline = try (0..<shard.count).flatMap { rank in
            let shapes = try part(rank).map { Parameter($0.name, try $0.tensor.detached().emptyCopy(on: .meta)) }
            return try make(shapes).entries.map { ($0.name, $0.tensor.shape, $0.tensor.dtype, rank) }
        }
        foreign = Set(outline.filter { $0.owner != shard.rank }.map(\.name))
    }

    /// The rank of each of some parameters of these sizes, so that all have about as much: the largest first, each to whoever has least.
    static func owners(_ counts: [Int], ranks: Int) -> [Int] {
        var loads = [Int](repeating: 0, count: ranks), owners = [Int](repeating: 0, count: counts.count)
        for place in counts.indices.sorted(by: { (counts[$1], $0) < (counts[$0], $1) }) {
            let rank = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) } ?? 0
            owners[place] = rank
            loads[rank] += counts[place]
        }
        return owners
    }

    /// See `Optimizer`.
    public var weightDecay: Double {
        get { own.weightDecay }
        set { own.weightDecay = newValue }
    }
    /// Moves this rank's parameters, and takes the others' from where they were moved.
    public func update(rate: Double, skip: Tensor? = nil) throws {
        try own.update(rate: rate, skip: skip)
        try withoutGradients { try group?.broadcast(parameters.map { try $0.tensor.detached() }, from: owners) }
    }
    /// Those of this rank.
    public var entries: [(name: String, tensor: Tensor)] { own.entries }

    /// What the optimizer of all parameters would go on from, on the rank that `keeps` it: in host memory, one after the other.
    public func collect(keeps: Bool) throws -> [(name: String, tensor: Tensor)] {
        let own = Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.tensor) })
        return try withoutGradients {
            try outline.compactMap { name, shape, dtype, owner in
                let tensor = try own[name]?.detached().to(.cpu) ?? Tensor.empty(shape, dtype: dtype)
                try group?.broadcast([tensor], from: [owner])
                return keeps ? (name, tensor) : nil
            }
        }
    }
}
