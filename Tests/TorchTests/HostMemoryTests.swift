import Testing
import Torch

/// Pages of large tensors that are gone, taken for the next ones. What other tests do at the same moment can take them away, so that
/// something may need a few attempts.
@Suite(.serialized) struct HostMemoryTests {
    /// Larger than the C library would keep by itself.
    private static let count = 12_345_678
    /// What lies where a tensor was that is gone.
    private func left(count: Int = count, next: Int = count, _ between: () throws -> Void = {}) throws -> Double {
        #expect(try Tensor.full([count], 7).min().item() == 7)
        try between()
        return try Tensor.empty([next], dtype: .float32, device: .cpu).slice(0, next / 2..<next / 2 + 1).item()
    }
    private func happens(_ body: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<10 where try body() { return true }
        return false
    }

    @Test func `the next tensor of about the size lies where one was that is gone`() throws {
        #expect(try happens { try left() == 7 })
        #expect(try happens { try left(next: Self.count * 9 / 10) == 7 })
    }
    @Test func `a tensor of another size, or after the memory was given back, has new pages`() throws {
        #expect(try happens { try left(next: Self.count / 2) == 0 })
        #expect(try happens { try left { try Backend.releaseHostMemory() } == 0 })
    }
    @Test func `two tensors never share memory, however they come and go`() throws {
        var alive: [(value: Double, tensor: Tensor)] = []
        for turn in 0..<300 {
            let value = Double(turn % 97 + 1), count = 65_536 + turn * 7919 % 200_000
            alive.append((value, try Tensor.full([count], value)))
            if turn % 3 != 0 { alive.remove(at: turn * 31 % alive.count) }
        }
        for (value, tensor) in alive {
            #expect(try tensor.min().item() == value && tensor.max().item() == value)
        }
    }
    @Test func `more than there is memory for is an error, and the rest goes on`() throws {
        let error = #expect(throws: TorchError.self) { try Tensor.empty([1 << 50], dtype: .float32, device: .cpu) }
        #expect(error.map { "\($0)".contains("enough memory") } == true)
        #expect(try happens { try left() == 7 })
    }
}
