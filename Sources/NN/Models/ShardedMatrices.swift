import Torch

/// The matrices of a model's blocks, of which every rank keeps an equal part (Zhao et al. 2023, FSDP; Rajbhandari et al. 2020, ZeRO-3,
/// for weights that are frozen). The ranks put a block together one block ahead of its turn, into one of two places on each device.
///
/// All ranks walk the same blocks in the same order, or one leads and the others `lend` what it asks for.
public final class ShardedMatrices {
    /// The ranks; set before the first block is used.
    public var group: ProcessGroup?
    /// Called with the number of each block that this rank asks for, while it leads.
    public var announce: ((_ index: Int) throws -> Void)?
    /// How many ranks there are, and which this is.
    let place: WeightShard
    private let device: Device
    /// Of each block, in the order in which they are walked.
    private var blocks: [Sharded] = []
    /// As many bytes as the largest block takes, for the time of loading.
    private var room: Tensor?
    private(set) lazy var places = (0..<2).map { _ in ShardPlace(self) }

    fileprivate struct Sharded {
        /// Of shapes alone.
        let matrices: [LinearWeight]
        /// Where each of their tensors begins in the whole, in bytes.
        let starts: [Int]
        let byteCount: Int
        /// The bytes of this rank.
        let part: Tensor
    }
    /// So that every kernel reads what it is used to read.
    private static let alignment = 64

    init(_ place: WeightShard, on device: Device) { (self.place, self.device) = (place, device) }

    /// Keeps this rank's part of the matrices of the next block. Returns how many bytes that saves.
    func keep(_ matrices: [OffloadedWeight]) throws -> Int {
        let tensors = matrices.flatMap(\.host.tensors), unit = Self.alignment * place.count
        var starts: [Int] = [], end = 0
        for tensor in tensors {
            starts.append(end)
            end += (tensor.byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
        }
        end = (end + unit - 1) / unit * unit
        let own = end / place.count
        let part = try Tensor.empty([own], dtype: .uint8, device: device)
        if device != .meta {
            let whole = try room(for: end)
            for (tensor, start) in zip(tensors, starts) {
                try Self.view(whole, of: tensor, at: start).copy(from: tensor.detached())
            }
            try part.copy(from: whole.slice(0, place.rank * own..<(place.rank + 1) * own))
        }
        for tensor in tensors where tensor.device == .cpu { tensor.forgetPages() }
        for matrix in matrices { try matrix.forgetValues() }
        blocks.append(Sharded(matrices: matrices.map(\.host), starts: starts, byteCount: end, part: part))
        return tensors.reduce(0) { $0 + $1.byteCount } - own
    }
    private func room(for bytes: Int) throws -> Tensor {
        if let room, room.count >= bytes { return room }
        let made = try Tensor.zeros([bytes], dtype: .uint8, device: device)
        room = made
        return made
    }
    /// All blocks are there.
    func finish() { room = nil }

    private static func view(_ whole: Tensor, of tensor: Tensor, at start: Int) throws -> Tensor {
        try whole.slice(0, start..<start + tensor.byteCount).viewed(as: tensor.dtype).reshaped(tensor.shape)
    }

    /// Helps the rank that leads with one block.
    public func lend(_ index: Int) throws {
        guard blocks.indices.contains(index) else { throw TorchError.failed("there is no block \(index) to lend") }
        try places[0].bring(index)
        try places[0].wait()
        forget()
    }
    /// What the places hold is not used again: the next walk begins alike on all ranks.
    public func forget() { for place in places { place.forget() } }

    fileprivate func bring(_ index: Int, into whole: inout Tensor?) throws -> (Gathering?, [LinearWeight]) {
        let block = blocks[index], room: Tensor
        if let whole, whole.count >= block.byteCount {
            room = whole
        } else {
            let largest = blocks.map(\.byteCount).max() ?? block.byteCount
            room = try Tensor.empty([largest], dtype: .uint8, device: device)
            whole = room
        }
        var gathering: Gathering?
        if device != .meta {
            guard let group else { throw TorchError.failed("the parts of a model were used without the other ranks") }
            try announce?(index)
            gathering = try group.gathering(block.part, into: room.slice(0, 0..<block.byteCount))
        }
        var starts = block.starts.makeIterator()
        let matrices = try block.matrices.map { matrix in
            try matrix.moved { try Self.view(room, of: $0, at: starts.next() ?? 0) }
        }
        return (gathering, matrices)
    }
}

/// Room on a device for one block that the ranks put together.
final class ShardPlace: PassingPlace {
    private unowned let shards: ShardedMatrices
    private(set) var holds: Int?
    private(set) var matrices: [LinearWeight] = []
    var lastUse = 0
    private var whole: Tensor?, gathering: Gathering?

    init(_ shards: ShardedMatrices) { self.shards = shards }

    func bring(_ index: Int) throws {
        // Nothing else is written there meanwhile.
        try wait()
        holds = nil
        (gathering, matrices) = try shards.bring(index, into: &whole)
        holds = index
    }
    func wait() throws { try gathering?.wait() }
    fileprivate func forget() { holds = nil }
}
