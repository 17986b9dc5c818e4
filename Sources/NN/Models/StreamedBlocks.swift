import Torch

/// Some of the blocks have their matrices in host memory; they come to the device one block ahead of their turn.
///
/// Blocks are walked up and, while training, down again. Two places on the device hold what passes: while one block computes, the
/// next one's matrices are copied into the other place, on a stream of their own. Frozen matrices do not change, so nothing is
/// copied back.
public final class StreamedBlocks<Block>: BlockResidency {
    /// What lies in host memory of each block; nothing of one that stays on the device.
    private let blocks: [(block: Block, weights: [OffloadedWeight])]
    private let passing: [Int]
    private var places: [PassingPlace] = []
    private var last = -1

    /// `linears` are those of each block, in the order in which blocks are walked.
    public init(_ blocks: [(block: Block, linears: [Linear])], on device: Device) throws {
        self.blocks = blocks.map { block, linears in
            (block, linears.compactMap { if case .offloaded(let weight) = $0.weight { weight } else { nil } })
        }
        passing = self.blocks.indices.filter { [blocks = self.blocks] in !blocks[$0].weights.isEmpty }
        places = try (0..<Swift.min(2, passing.count)).map { _ in try PassingPlace(device) }
    }

    /// How many there are.
    public var count: Int { blocks.count }
    /// Whether its matrices lie in host memory.
    public func isPassing(_ index: Int) -> Bool { !blocks[index].weights.isEmpty }

    /// Waits for what the block needs, and begins to bring what the next one does.
    public func with<Result>(_ index: Int, _ body: (Block) throws -> Result) throws -> Result {
        let (block, weights) = blocks[index]
        let place = weights.isEmpty ? nil : try place(for: index)
        try place?.lane.wait()
        if let next = next(after: index) { try bring(next, beside: place) }
        last = index
        guard let place else { return try body(block) }
        for (weight, here) in zip(weights, place.matrices) { weight.here = here }
        defer { for weight in weights { weight.here = nil } }
        return try body(block)
    }

    /// The place that holds the block, which is brought there if nobody saw it coming.
    private func place(for index: Int) throws -> PassingPlace {
        if let place = places.first(where: { $0.holds == index }) { return place }
        try bring(index, beside: nil)
        return places.first { $0.holds == index } ?? places[0]
    }
    private func bring(_ index: Int, beside busy: PassingPlace?) throws {
        guard !places.contains(where: { $0.holds == index }) else { return }
        guard let free = places.filter({ $0 !== busy }).min(by: { $0.lastUse < $1.lastUse }) else { return }
        try free.bring(blocks[index].weights.map(\.host), of: index)
        for place in places { place.lastUse = place === free ? 0 : place.lastUse - 1 }
    }
    /// The block after this one that is not on the device: on the way up the next higher, at the top the next lower, and so on down.
    private func next(after index: Int) -> Int? {
        let above = passing.first { $0 > index }, below = passing.last { $0 < index }
        return index >= last ? above ?? below : below ?? above
    }
}

/// Room on the device for the matrices of one block.
private final class PassingPlace {
    let device: Device, lane: CopyLane
    /// The block that is here, or on its way.
    private(set) var holds: Int?
    private(set) var matrices: [LinearWeight] = []
    /// The least was used longest ago.
    var lastUse = 0

    init(_ device: Device) throws { (self.device, lane) = (device, try CopyLane(device)) }

    func bring(_ hosts: [LinearWeight], of index: Int) throws {
        holds = nil
        let sources = hosts.flatMap(\.tensors)
        if !fits(sources) { matrices = try hosts.map { try $0.moved { try $0.emptyCopy(on: device) } } }
        try lane.copy(sources, into: matrices.flatMap(\.tensors))
        holds = index
    }
    private func fits(_ sources: [Tensor]) -> Bool {
        let here = matrices.flatMap(\.tensors)
        return here.count == sources.count
            && zip(here, sources).allSatisfy { $0.shape == $1.shape && $0.dtype == $1.dtype }
    }
}
