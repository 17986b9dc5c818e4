import Torch

/// Where the blocks of a model are, and who may use one for a moment.
public protocol BlockResidency<Block> {
    associatedtype Block
    /// How many there are.
    var count: Int { get }
    /// Whether the block is on the device only for the time of `with`: what it computes must not be taken back after that, so that it
    /// has to be computed again on the way back.
    func isPassing(_ index: Int) -> Bool
    /// Hands out the block, ready on the device, for the time of `body`.
    func with<Result>(_ index: Int, _ body: (Block) throws -> Result) throws -> Result
}

/// All blocks are on the device.
public struct ResidentBlocks<Block>: BlockResidency {
    private let blocks: [Block]

    /// In the order in which they are walked.
    public init(_ blocks: [Block]) { self.blocks = blocks }
    /// How many there are.
    public var count: Int { blocks.count }
    /// None is.
    public func isPassing(_ index: Int) -> Bool { false }
    /// There is nothing to be done for it.
    public func with<Result>(_ index: Int, _ body: (Block) throws -> Result) throws -> Result {
        try body(blocks[index])
    }
}
