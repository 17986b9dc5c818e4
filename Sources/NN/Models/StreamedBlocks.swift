import Torch

/// Some of the blocks have their matrices elsewhere, in host memory or in parts on several ranks; they come to the device one block ahead
/// of their turn.
///
/// Blocks are walked up and, while training, down again. Two places on the device hold what passes: while one block computes, the
/// next one's matrices come into the other place, on a stream of their own. Frozen matrices do not change, so nothing goes back.
public final class StreamedBlocks<Block>: BlockResidency {
    /// What lies elsewhere of each block; nothing of one that stays on the device.
    private let blocks: [(block: Block, weights: [OffloadedWeight])]
    private let passing: [Int]
    private let places: [any PassingPlace]
    /// Whose places they are.
    private let shards: ShardedMatrices?
    private var last = -1

    /// What is elsewhere lies in host memory.
    ///
    /// - Parameter blocks: with what is elsewhere of each, in the order in which they are walked.
    init(_ blocks: [(block: Block, weights: [OffloadedWeight])], on device: Device) throws {
        (self.blocks, passing, shards) = (blocks, Self.passing(blocks), nil)
        let hosts = blocks.map { $0.weights.map(\.host) }
        places = try (0..<Swift.min(2, passing.count)).map { _ in try HostPlace(device, hosts) }
    }
    /// Every rank has a part.
    init(_ blocks: [(block: Block, weights: [OffloadedWeight])], _ shards: ShardedMatrices) {
        (self.blocks, passing, places, self.shards) = (blocks, Self.passing(blocks), shards.places, shards)
    }
    private static func passing(_ blocks: [(block: Block, weights: [OffloadedWeight])]) -> [Int] {
        blocks.indices.filter { !blocks[$0].weights.isEmpty }
    }

    /// How many there are.
    public var count: Int { blocks.count }
    /// Whether its matrices lie elsewhere.
    public func isPassing(_ index: Int) -> Bool { !blocks[index].weights.isEmpty }

    /// Waits for what the block needs, and begins to bring what the next one does.
    public func with<Result>(_ index: Int, _ body: (Block) throws -> Result) throws -> Result {
        let (block, weights) = blocks[index]
        let place = weights.isEmpty ? nil : try place(for: index)
        try place?.wait()
        if let next = next(after: index) { try bring(next, beside: place) }
        last = index
        guard let place else { return try body(block) }
        for (weight, here) in zip(weights, place.matrices) { weight.here = here }
        defer { for weight in weights { weight.here = nil } }
        return try body(block)
    }

    /// The place that holds the block, which is brought there if nobody saw it coming.
    private func place(for index: Int) throws -> any PassingPlace {
        if let place = places.first(where: { $0.holds == index }) { return place }
        try bring(index, beside: nil)
        return places.first { $0.holds == index } ?? places[0]
    }
    private func bring(_ index: Int, beside busy: (any PassingPlace)?) throws {
        guard !places.contains(where: { $0.holds == index }) else { return }
        guard let free = places.filter({ $0 !== busy }).min(by: { $0.lastUse < $1.lastUse }) else { return }
        try free.bring(index)
        for place in places { place.lastUse = place === free ? 0 : place.lastUse - 1 }
    }
    /// The block after this one that is not on the device: on the way up the next higher, at the top the next lower, and so on down.
    private func next(after index: Int) -> Int? {
        let above = passing.first { $0 > index }, below = passing.last { $0 < index }
        return index >= last ? above ?? below : below ?? above
    }
}

/// Room on the device for the matrices of one block.
protocol PassingPlace: AnyObject {
    /// The block that is here, or on its way.
    var holds: Int? { get }
    /// Its matrices, in their order.
    var matrices: [LinearWeight] { get }
    /// The least was used longest ago.
    var lastUse: Int { get set }
    /// Begins to bring a block here.
    func bring(_ index: Int) throws
    /// What the device is asked from now on finds the block here.
    func wait() throws
}

/// What passes lies in host memory.
private final class HostPlace: PassingPlace {
    let device: Device, lane: CopyLane, hosts: [[LinearWeight]]
    private(set) var holds: Int?
    private(set) var matrices: [LinearWeight] = []
    var lastUse = 0

    init(_ device: Device, _ hosts: [[LinearWeight]]) throws {
        (self.device, self.hosts, lane) = (device, hosts, try CopyLane(device))
    }

    func bring(_ index: Int) throws {
        holds = nil
        let sources = hosts[index].flatMap(\.tensors)
        if !fits(sources) { matrices = try hosts[index].map { try $0.moved { try $0.emptyCopy(on: device) } } }
        try lane.copy(sources, into: matrices.flatMap(\.tensors))
        holds = index
    }
    func wait() throws { try lane.wait() }
    private func fits(_ sources: [Tensor]) -> Bool {
        let here = matrices.flatMap(\.tensors)
        return here.count == sources.count
            && zip(here, sources).allSatisfy { $0.shape == $1.shape && $0.dtype == $1.dtype }
    }
}
