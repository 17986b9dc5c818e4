/// How many blocks of a model keep only their input in a training step, and are computed again on the way back.
///
/// The first ones are taken: the others' activations are gone when their turn comes.
public enum Recomputation: Sendable, Hashable {
    case none, all
    case first(Int)

    /// All or none.
    public init(_ ofAll: Bool) { self = ofAll ? .all : .none }
    /// Whether the block of this number is one of them.
    public func includes(_ index: Int) -> Bool {
        switch self {
        case .none: false
        case .all: true
        case .first(let count): index < count
        }
    }
}

extension Recomputation: ExpressibleByBooleanLiteral {
    /// All or none.
    public init(booleanLiteral value: Bool) { self.init(value) }
}
