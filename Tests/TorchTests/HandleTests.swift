import Testing

@testable import Torch

@Suite struct HandleTests {
    /// Counts how often its objects go.
    private final class Owner {
        let gone: UnsafeMutablePointer<Int>
        init(_ gone: UnsafeMutablePointer<Int>) { self.gone = gone }
        deinit { gone.pointee += 1 }
    }

    @Test(arguments: [[-1], [Int.max, 2], [1 << 62, 4]])
    func `memory that no tensor can lie over lets its owner go once`(shape: [Int]) throws {
        let gone = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        gone.initialize(to: 0)
        defer { gone.deallocate() }
        let values: [Float] = [1, 2]
        try values.withUnsafeBytes { bytes in
            let start = try #require(bytes.baseAddress), owner = Owner(gone)
            withExtendedLifetime(owner) {
                #expect(throws: TorchError.self) {
                    try Tensor.over(start, shape: shape, dtype: .float32, owner: owner)
                }
                #expect(gone.pointee == 0)
            }
        }
        #expect(gone.pointee == 1)
    }

    @Test func `lists of an update that are not equally long are refused`() throws {
        let one = try Tensor.zeros([2])
        #expect(throws: TorchError.self) {
            try adamW(
                [one, one], [one], [one, one], [one, one], [one, one], rate: 1, betas: (0.9, 0.999), weightDecay: 0,
                epsilon: 1e-8)
        }
    }

    @Test func `numbers beyond 64 bits stay numbers`() throws {
        #expect(try (Tensor([1.0]) + 1e300).item() == 1e300)
    }
}
