import Base
import Foundation
import NN
import Synchronization
import Torch

/// The processes that train one model together, each on its own part of the data.
///
/// Of their gradients they make one sum; before each update they do what rank 0 says; everything else is
/// every rank's own matter. Rank 0 owns the run's folder.
protocol Ranks: Sendable {
    /// 0 … count − 1.
    var rank: Int { get }
    var count: Int { get }
    /// Whether what is left to chance is drawn anew for each micro-batch, by its place in the update, so that it does not matter how many
    /// ranks share an update.
    var drawsApart: Bool { get }
    /// Over which tensors go; nil where there is none, as for one rank.
    var group: ProcessGroup? { get }
    /// Has the gradients that come in the next backward pass, the last of an update, summed over all ranks from the moment they are
    /// there. The returned function waits for that and replaces figures of fp32 by their sums.
    func sum(gradientsOf parameters: [Parameter], in dtype: DType) throws -> (_ figures: Tensor) throws -> Void
    /// Replaces the values of the tensors by those of rank 0.
    func broadcast(_ tensors: [Tensor]) throws
    /// What rank 0 says, on every rank. Waits for it as long as its process lives: it may be paused.
    func share(_ message: RankMessage) throws -> RankMessage
    /// What every rank says, in their order.
    func gather(_ bytes: [UInt8]) throws -> [[UInt8]]
    /// Nobody shall wait for this rank any more.
    func abort()

    // Notes, from any thread and whatever else goes on.

    /// 1, 2, … under this name, each given to one rank.
    func takeNumber(_ key: String) throws -> Int
    /// Leaves a note.
    func put(_ key: String, _ note: JSON) throws
    /// A note that is there, nil while it is not; afterwards it is gone, unless it `stays`.
    func take(_ key: String, stays: Bool) throws -> JSON?
}

/// A number and bytes.
struct RankMessage: Equatable {
    // 0 and 1 mean that there is no other update, or one.
    /// Rank 0 is about to walk a model that all ranks share.
    static let lend = 2
    /// Rank 0 is about to collect the states of the optimizer.
    static let collect = 3
    var number = 0
    var bytes: [UInt8] = []

    init(_ number: Int = 0, _ text: String = "") { (self.number, bytes) = (number, Array(text.utf8)) }
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension Ranks {
    var group: ProcessGroup? { nil }
    /// Whether it is the one that has the folder.
    var isFirst: Bool { rank == 0 }
    /// Which part of what they share this rank has; nil for one rank.
    var shard: WeightShard? { count > 1 ? WeightShard(rank, of: count) : nil }
    /// Returns when all ranks are here.
    func meet() throws { _ = try gather([]) }
    /// Returns when a file is there that another rank has written: another host's file system may hear of it later. Throws `RanksError`
    /// after ten seconds.
    func find(_ file: String) throws {
        for _ in 0..<100 where !Files.exists(file) { Thread.sleep(forTimeInterval: 0.1) }
        guard Files.exists(file) else { throw RanksError.otherFolder(rank: rank, file) }
    }
}

/// One process alone.
struct OneRank: Ranks {
    var rank: Int { 0 }
    var count: Int { 1 }
    var drawsApart = false
    func sum(gradientsOf parameters: [Parameter], in dtype: DType) -> (_ figures: Tensor) throws -> Void { { _ in } }
    func broadcast(_ tensors: [Tensor]) {}
    func share(_ message: RankMessage) -> RankMessage { message }
    func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
    func abort() {}
    // Nobody to leave a note for.
    func takeNumber(_ key: String) -> Int { 0 }
    func put(_ key: String, _ note: JSON) {}
    func take(_ key: String, stays: Bool) -> JSON? { nil }
}

/// Several processes over c10d.
struct GroupRanks: Ranks {
    private let members: ProcessGroup
    init(_ members: ProcessGroup) { self.members = members }
    var group: ProcessGroup? { members }
    var rank: Int { members.rank }
    var count: Int { members.size }
    var drawsApart: Bool { true }

    func sum(gradientsOf parameters: [Parameter], in dtype: DType) throws -> (_ figures: Tensor) throws -> Void {
        let sums = try members.sums(ofGradientsOf: parameters.map(\.tensor), dtype: dtype)
        return { try sums.finish($0) }
    }
    func broadcast(_ tensors: [Tensor]) throws { for tensor in tensors { try members.broadcast(tensor) } }
    func share(_ message: RankMessage) throws -> RankMessage {
        let head = try Tensor([message.number, message.bytes.count])
        // The others are at most as late as their last update; rank 0 may be paused.
        try members.broadcast(head, seconds: isFirst ? nil : ProcessGroup.forEver)
        let numbers = try head.ints()
        var shared = RankMessage(numbers[0])
        guard numbers[1] > 0 else { return shared }
        let body = try Tensor.zeros([numbers[1]], dtype: .uint8)
        if isFirst { try body.withMutableBytes { $0.copyBytes(from: message.bytes) } }
        try members.broadcast(body)
        shared.bytes = try body.withBytes { Array($0) }
        return shared
    }
    func gather(_ bytes: [UInt8]) throws -> [[UInt8]] { try members.gather(bytes) }
    func abort() { members.abort() }
    func takeNumber(_ key: String) throws -> Int { try members.add(key) }
    func put(_ key: String, _ note: JSON) throws { try members.put(key, Array(note.compactText.utf8)) }
    func take(_ key: String, stays: Bool) throws -> JSON? {
        try members.take(key, stays: stays).map { try JSON(parsing: String(decoding: $0, as: UTF8.self)) }
    }
}

/// The places in a list, from 0 on, of which each is taken by one rank.
struct Turns: Sendable {
    /// The next one that nobody has taken.
    let next: @Sendable () throws -> Int
    private final class Own: Sendable { let taken = Atomic(0) }

    init(_ ranks: any Ranks, _ name: String) {
        let own = Own(), isAlone = ranks.count == 1
        next = { isAlone ? own.taken.wrappingAdd(1, ordering: .relaxed).oldValue : try ranks.takeNumber(name) - 1 }
    }
}
