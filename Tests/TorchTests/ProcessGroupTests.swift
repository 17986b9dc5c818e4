import Base
import Foundation
import Glibc
import RankSupport
import Synchronization
import TestSupport
import Testing

@testable import Torch

/// Ranks over real sockets; here each is a thread, and in RanksTests a process.
@Suite(.serialized) struct ProcessGroupTests {
    private func ranks<R: Sendable>(
        _ size: Int, missing: Set<Int> = [], patience: ProcessGroup.Patience = .init(),
        _ body: @escaping @Sendable (ProcessGroup) throws -> R
    ) throws -> [Result<R, any Error>?] {
        try RankThreads.run(size, missing: missing, patience: patience, body)
    }
    private func error<R>(_ result: Result<R, any Error>?) -> ProcessGroupError? {
        if case .failure(let error)? = result { error as? ProcessGroupError } else { nil }
    }

    @Test func `three ranks have one sum, the values of one of them, and everybody's bytes`() throws {
        let results = try ranks(3) { group in
            let sum = try Tensor((0..<1000).map { Float($0 + group.rank) })
            try group.sum(sum)
            let half = try Tensor([Float(group.rank), 0.5]).to(.bfloat16)
            try group.sum(half)
            let told = try Tensor([group.rank + 7, 2])
            try group.broadcast(told, from: 2)
            let bytes = try group.gather(Array("rank".utf8.prefix(group.rank + 1)))
            try group.barrier()
            return
                "\(try sum.floats().suffix(2)) \(try half.floats()) \(try told.ints()) \(bytes.map(\.count)) \(group.backend)"
        }
        for result in results {
            #expect(try result?.get() == "[2997.0, 3000.0] [3.0, 1.5] [9, 2] [1, 2, 3] gloo")
        }
    }

    /// Leaves that are large and small, in fp32 and in bf16, one that nothing is computed with; what is summed is what they have after two
    /// passes.
    @Test(arguments: [DType.float32, .bfloat16]) func `gradients are summed as the backward pass comes by them`(
        dtype: DType
    ) throws {
        let results = try ranks(2) { group in
            let large = try Tensor.full([600, 500], 1).trainable(), small = try Tensor.full([500, 4], 1).trainable()
            let half = try Tensor.full([4, 2], 1, dtype: .bfloat16).trainable(),
                unused = try Tensor.zeros([3]).trainable()
            let x = try Tensor.full([2, 600], Double(group.rank + 1))
            var early = 0
            let figures = try Tensor([Float(group.rank), 1])
            for pass in 0..<2 {
                let sums = try pass == 1 ? group.sums(ofGradientsOf: [unused, large, small, half], dtype: dtype) : nil
                try x.matmul(large).matmul(small).to(.bfloat16).matmul(half).sum().backward()
                early = try sums?.finish(figures) ?? 0
            }
            let unusedGradient = try unused.gradient()
            #expect(unusedGradient == nil)
            return [
                try #require(try large.gradient()).floats()[0], try #require(try small.gradient()).floats()[7],
                try #require(try half.gradient()).floats()[1], try figures.floats()[0], Float(early),
            ]
        }
        // Of one pass: 2 rows · 8 of `small` and `half`; 2 rows · 600 · x · 2; 2 rows · 600 · 500 · x.
        for result in results {
            let found = try #require(try result?.get())
            let expected: [Float] = [2 * 16 * 3, 2 * 2400 * 3, 2 * 600_000 * 3, 1]
            for (a, b) in zip(found, expected) { #expect(abs(a - b) <= (dtype == .float32 ? 4e-3 : 2e-2) * b) }
            // In bf16 all of them are one part, the leaf without a gradient as well.
            #expect(found[4] == (dtype == .float32 ? 2 : 0), "parts that begin before the end of the pass")
        }
    }
    @Test func `gradients of other leaves, and one that comes twice, are refused`() throws {
        let others = try ranks(2) { group in
            let leaf = try Tensor.zeros([2 + group.rank]).trainable()
            try group.sums(ofGradientsOf: [leaf]).finish(Tensor.zeros([1]))
        }
        let missing = try ranks(2) { group in
            let leaf = try Tensor.zeros([2]).trainable(), sums = try group.sums(ofGradientsOf: [leaf])
            if group.rank == 0 { try leaf.sum().backward() }
            try sums.finish(Tensor.zeros([1]))
        }
        for results in [others, missing] { for result in results { #expect(error(result)?.cause == .differ) } }
        let twice = try ranks(2) { group in
            let leaf = try Tensor.zeros([2]).trainable(), sums = try group.sums(ofGradientsOf: [leaf])
            for _ in 0..<2 { try leaf.sum().backward() }
            try sums.finish(Tensor.zeros([1]))
        }
        for result in twice { #expect(error(result)?.reason.contains("came twice") == true) }
        // Gone without being finished: the leaf is as any other again.
        let gone = try ranks(2) { group in
            let leaf = try Tensor.zeros([2]).trainable()
            _ = try group.sums(ofGradientsOf: [leaf])
            try leaf.sum().backward()
            return try #require(try leaf.gradient()).floats()
        }
        for result in gone { #expect(try result?.get() == [1, 1]) }
    }

    @Test func `ranks that ask for different things all hear of it`() throws {
        let sizes = try ranks(2) { try $0.sum(Tensor.zeros([4 + $0.rank])) }
        let types = try ranks(2) { try $0.sum(Tensor.zeros([4], dtype: $0.rank == 0 ? .float32 : .bfloat16)) }
        let calls = try ranks(2) { if $0.rank == 0 { try $0.barrier() } else { try $0.sum(Tensor.zeros([4])) } }
        for results in [sizes, types, calls] {
            for result in results { #expect(error(result)?.cause == .differ) }
        }
        let words = try #require(error(sizes[1])).description
        #expect(words.contains("rank 1 of 2") && words.contains("rank 0 a sum of 4 Float, rank 1 a sum of 5 Float"))
    }

    @Test func `notes are left for others while something else goes on`() throws {
        let results = try ranks(3) { group in
            let number = try group.add("turn")
            try group.put("of \(number)", [UInt8(group.rank), 0, 255])
            try group.sum(Tensor.zeros([4]))
            let next = number % 3 + 1, kept = try group.take("of \(next)", stays: true)
            try group.barrier()
            // Its reader takes it away; everybody has seen it.
            let taken = try group.take("of \(next)"), gone = try group.take("of \(next)")
            let isRight = kept?.count == 3 && kept?.last == 255 && kept == taken && gone == nil
            return try group.take("nothing") == nil && isRight ? number : 0
        }
        #expect(try Set(results.compactMap { try $0?.get() }) == [1, 2, 3])
    }

    @Test func `a rank that does not come is named`() throws {
        var patience = ProcessGroup.Patience()
        patience.join = 0.3
        let results = try ranks(3, missing: [1], patience: patience) { _ in true }
        #expect(error(results[0])?.cause == .timedOut)
        #expect(error(results[0])?.reason.contains("rank 1 did not come to 127.0.0.1") == true)
        #expect(error(results[2]) != nil)
    }

    @Test func `a rank that waits for others gives up when it is told to`() throws {
        let listener = try LocalListener()
        defer { close(listener.socket) }
        // Nobody serves the store; then somebody does, and one does not come.
        for isServed in [false, true] {
            var place = RankVariables(
                rank: isServed ? 0 : 1, of: 2, at: "127.0.0.1", port: isServed ? Int(listener.port) : 1)
            place.listener = isServed ? Int(dup(listener.socket)) : nil
            #expect(throws: Cancelled.self) { try ProcessGroup(place, stops: { true }) }
        }
    }

    @Test func `a rank that goes and one that is stuck are told apart`() throws {
        let gone = try ranks(2) { group in
            try group.barrier()
            if group.rank == 1 { return group.abort() }
            try group.sum(Tensor.zeros([100]))
        }
        #expect(error(gone[0])?.cause == .lost)
        var patience = ProcessGroup.Patience()
        patience.call = 0.5
        let isTold = DispatchSemaphore(value: 0)
        let stuck = try ranks(2, patience: patience) { group in
            try group.barrier(seconds: 60)
            if group.rank == 1 { return isTold.wait() }
            defer { isTold.signal() }
            try group.sum(Tensor.zeros([100]))
        }
        #expect(error(stuck[0])?.cause == .timedOut)
    }

    @Test func `a write to a rank that has gone ends nobody, and a program's own handler of it stays`() throws {
        func action() -> sigaction {
            var found = sigaction()
            sigaction(SIGPIPE, nil, &found)
            return found
        }
        var before = action()
        defer { sigaction(SIGPIPE, &before, nil) }
        signal(SIGPIPE, SIG_DFL)
        for result in try ranks(2, { try $0.barrier() }) { try result?.get() }
        #expect(
            unsafeBitCast(action().__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        )
        signal(SIGPIPE) { _ in }
        let own = unsafeBitCast(action().__sigaction_handler.sa_handler, to: Int.self)
        for result in try ranks(2, { try $0.barrier() }) { try result?.get() }
        #expect(unsafeBitCast(action().__sigaction_handler.sa_handler, to: Int.self) == own)
    }

    @Test func `the variables of torchrun, srun and mpirun say which rank it is`() throws {
        func place(_ variables: [String: String]) throws -> RankVariables? { try RankVariables { variables[$0] } }
        #expect(try place([:]) == nil)
        let torchrun = try #require(
            try place([
                "RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "4", "MASTER_ADDR": "node0",
                "MASTER_PORT": "29500", "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "2",
            ]))
        #expect((torchrun.rank, torchrun.size, torchrun.localRank, torchrun.localSize) == (5, 8, 1, 4))
        #expect(torchrun.host == "node0" && torchrun.port == 29500 && torchrun.isServed && torchrun.attempt == "2")
        let srun = try #require(
            try place([
                "SLURM_PROCID": "3", "SLURM_STEP_NUM_TASKS": "4", "SLURM_LOCALID": "1", "SLURM_JOB_ID": "1234567",
                "SLURM_LAUNCH_NODE_IPADDR": "10.0.0.1", "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
            ]))
        #expect((srun.rank, srun.size, srun.localRank, srun.localSize) == (3, 4, 1, 2))
        #expect(srun.host == "10.0.0.1" && srun.port == 24567)
        // The script of a job is no rank, and a task alone is none either.
        #expect(try place(["SLURM_PROCID": "0", "SLURM_NTASKS": "4"]) == nil)
        #expect(try place(["SLURM_PROCID": "0", "SLURM_STEP_NUM_TASKS": "1"]) == nil)
        let mpi = ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_RANK": "1"]
        #expect(throws: RankVariablesError.missing("MASTER_ADDR")) { try place(mpi) }
        let full = mpi.merging(["MASTER_ADDR": "a", "MASTER_PORT": "1"]) { $1 }
        #expect(try place(full)?.rank == 1)
        #expect(throws: RankVariablesError.missing("WORLD_SIZE")) { try place(["RANK": "0"]) }
        #expect(throws: RankVariablesError.number("RANK", "2", 1)) {
            try place(["RANK": "2", "WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "1"])
        }
        #expect(throws: RankVariablesError.number("MASTER_PORT", "x", 65_535)) {
            try place(["RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "a", "MASTER_PORT": "x"])
        }
    }
}
