import Base
import Foundation
import NN
import Torch

/// The processes that train one model together, each on its own part of the data.
///
/// Between the gradients and the optimizer they make one sum of theirs; before each update they do what rank 0 says; everything else is
/// every rank's own matter. Rank 0 owns the run's folder.
protocol Ranks: Sendable {
    /// 0 … count − 1.
    var rank: Int { get }
    var count: Int { get }
    /// Whether what is left to chance is drawn anew for each micro-batch, by its place in the update, so that it does not matter how many
    /// ranks share an update.
    var drawsApart: Bool { get }
    /// Replaces the gradients on the parameters, and `figures` of fp32, by their sums over all ranks. Returns the sums of the figures.
    func sum(gradientsOf parameters: [Parameter], _ figures: Tensor) throws -> Tensor
    /// Replaces the values of the tensors by those of rank 0.
    func broadcast(_ tensors: [Tensor]) throws
    /// What rank 0 says, on every rank. Waits for it as long as its process lives: it may be paused.
    func share(_ message: RankMessage) throws -> RankMessage
    /// What every rank says, in their order.
    func gather(_ bytes: [UInt8]) throws -> [[UInt8]]
    /// Nobody shall wait for this rank any more.
    func abort()
}

/// A number and bytes.
struct RankMessage: Equatable {
    var number = 0
    var bytes: [UInt8] = []

    init(_ number: Int = 0, _ text: String = "") { (self.number, bytes) = (number, Array(text.utf8)) }
    var text: String { String(decoding: bytes, as: UTF8.self) }
}

extension Ranks {
    /// Whether it is the one that has the folder.
    var isFirst: Bool { rank == 0 }
    /// Whether this rank does what has this place among the things to do.
    func isMine(_ place: Int) -> Bool { place % count == rank }
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
    func sum(gradientsOf parameters: [Parameter], _ figures: Tensor) -> Tensor { figures }
    func broadcast(_ tensors: [Tensor]) {}
    func share(_ message: RankMessage) -> RankMessage { message }
    func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
    func abort() {}
}

/// Several processes over c10d.
struct GroupRanks: Ranks {
    let group: ProcessGroup
    var rank: Int { group.rank }
    var count: Int { group.size }
    var drawsApart: Bool { true }

    /// In one flat buffer of fp32, whatever the gradients are in: a sum in bf16 would round at each rank.
    func sum(gradientsOf parameters: [Parameter], _ figures: Tensor) throws -> Tensor {
        let gradients = try parameters.compactMap { try $0.tensor.gradient() }
        return try withoutGradients {
            let parts = gradients + [figures], count = parts.reduce(0) { $0 + $1.count }
            let flat = try Tensor.empty([count], device: figures.device)
            var start = 0
            let places = try parts.map { part in
                defer { start += part.count }
                return try flat.slice(0, start..<start + part.count).reshaped(part.shape)
            }
            for (place, part) in zip(places, parts) { try place.copy(from: part) }
            try group.sum(flat)
            for (place, part) in zip(places, gradients) { try part.copy(from: place) }
            return try flat.slice(0, from: count - figures.count)
        }
    }
    func broadcast(_ tensors: [Tensor]) throws { for tensor in tensors { try group.broadcast(tensor) } }
    func share(_ message: RankMessage) throws -> RankMessage {
        let head = try Tensor([message.number, message.bytes.count])
        // The others are at most as late as their last update; rank 0 may be paused.
        try group.broadcast(head, seconds: isFirst ? nil : ProcessGroup.forEver)
        let numbers = try head.ints()
        var shared = RankMessage(numbers[0])
        guard numbers[1] > 0 else { return shared }
        let body = try Tensor.zeros([numbers[1]], dtype: .uint8)
        if isFirst { try body.withMutableBytes { $0.copyBytes(from: message.bytes) } }
        try group.broadcast(body)
        shared.bytes = try body.withBytes { Array($0) }
        return shared
    }
    func gather(_ bytes: [UInt8]) throws -> [[UInt8]] { try group.gather(bytes) }
    func abort() { group.abort() }
}
