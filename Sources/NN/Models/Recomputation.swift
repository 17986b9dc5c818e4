/// Which blocks of a model keep only their input in a training step, and are computed again on the way back; and where the inputs wait.
public struct Recomputation: Sendable, Hashable {
    /// How many blocks: the first ones are taken, the others' activations are gone when their turn comes.
    public enum Blocks: Sendable, Hashable {
        case none, all
        case first(Int)
    }
    /// How many are recomputed.
    public var blocks: Blocks
    /// Whether the inputs wait in host memory instead of the device's.
    public var offloadsInputs: Bool

    /// Inputs wait on the device unless told otherwise.
    public init(_ blocks: Blocks, offloadsInputs: Bool = false) {
        (self.blocks, self.offloadsInputs) = (blocks, offloadsInputs)
    }
    /// All or none.
    public init(_ ofAll: Bool) { self.init(ofAll ? .all : .none) }
    /// No block is recomputed.
    public static let none = Recomputation(.none)
    /// Every block is.
    public static let all = Recomputation(.all)
    /// The first so many are.
    public static func first(_ count: Int) -> Recomputation { Recomputation(.first(count)) }

    /// Whether the block of this number is one of them.
    public func includes(_ index: Int) -> Bool {
        switch blocks {
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
