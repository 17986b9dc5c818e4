import Base
import Foundation
import LTXVideo
import Torch

/// Reads the clips of coming batches ahead, on threads of its own, so that the device does not wait for the disk.
///
/// It knows the batches of an epoch and nothing of how they are drawn: reading draws nothing, so the number of threads changes no
/// result. A failure to read comes out at the batch that it belongs to.
final class ClipSource: @unchecked Sendable {  // everything that changes is touched with the condition locked
    /// The clips of one batch.
    struct Batch: Sendable {
        /// Made on the reading thread, used on the training one.
        let samples: HandedOver<[TrainingSample]>
        /// Clips with values that are not finite.
        let broken: [String]
    }
    private let data: Precomputed
    private let threads: Int
    private let condition = NSCondition()
    private var expected: [[Int]] = []
    private var ready: [Int: Result<Batch, any Error>] = [:]
    private var started = 0, taken = 0
    private var isClosed = false
    private var workers: [WorkerThread] = []

    /// `threads` 0 reads in step. Batches that are read and not yet taken are at most two a thread.
    init(_ data: Precomputed, threads: Int) { (self.data, self.threads) = (data, threads) }

    /// Says which batches will be taken next, in order; those that were said before come first.
    func expect(_ batches: some Sequence<[Int]>) {
        condition.withLock {
            expected += batches
            guard workers.isEmpty, threads > 0, !isClosed else { return }
            workers = (0..<threads).map { _ in WorkerThread("clips") { [self] in work() } }
        }
        condition.broadcast()
    }
    /// The next batch, which must be the one that was said to come.
    func take(_ clips: [Int]) throws -> Batch {
        guard threads > 0 else { return try Self.read(clips, data) }
        let result: Result<Batch, any Error>? = condition.withLock {
            precondition(expected.indices.contains(taken) && expected[taken] == clips, "a batch came out of order")
            while ready[taken] == nil, !isClosed { condition.wait() }
            let result = ready.removeValue(forKey: taken)
            taken += 1
            // An epoch that is over is forgotten.
            if taken == expected.count { (expected, started, taken) = ([], 0, 0) }
            return result
        }
        condition.broadcast()
        guard let result else { throw Cancelled() }
        return try result.get()
    }
    /// Ends the threads and waits for them. Nothing is taken afterwards.
    func close() {
        let threads = condition.withLock {
            isClosed = true
            ready = [:]
            defer { workers = [] }
            return workers
        }
        condition.broadcast()
        for thread in threads { thread.join() }
    }

    private func work() {
        while let (place, clips) = nextTask() {
            let result = Result { try Self.read(clips, data) }
            condition.withLock { if !isClosed { ready[place] = result } }
            condition.broadcast()
        }
    }
    private func nextTask() -> (Int, [Int])? {
        condition.withLock {
            while !isClosed, started >= expected.count || started - taken >= 2 * threads { condition.wait() }
            if isClosed { return nil }
            defer { started += 1 }
            return (started, expected[started])
        }
    }
    private static func read(_ clips: [Int], _ data: Precomputed) throws -> Batch {
        let samples = try clips.map { try data.sample(data.items[$0]) }
        // Looking at every value also brings the pages of the mapped file into memory.
        let broken = try samples.filter { sample in
            try
                !([sample.latents, sample.text, sample.reference].compactMap(\.self).allSatisfy {
                    try $0.isFiniteOnHost()
                })
        }
        return Batch(samples: HandedOver(samples), broken: broken.map(\.name))
    }
}

extension Tensor {
    /// Whether every value is a finite number, found out on this thread without libtorch's own.
    func isFiniteOnHost() throws -> Bool {
        try contiguous().withBytes { bytes in
            func all<Bits: FixedWidthInteger>(_ mask: Bits) -> Bool {
                bytes.bindMemory(to: Bits.self).allSatisfy { $0 & mask != mask }
            }
            return switch dtype {
            case .bfloat16: all(UInt16(0x7F80))
            case .float16: all(UInt16(0x7C00))
            case .float32: all(UInt32(0x7F80_0000))
            case .float64: all(UInt64(0x7FF0_0000_0000_0000))
            default: true
            }
        }
    }
}
