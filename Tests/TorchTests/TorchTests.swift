import Testing
import Torch

@Suite struct TensorTests {
    @Test func `arithmetic and shapes agree with hand-made numbers`() throws {
        let x = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
        #expect(try (x * 2 + 1).floats() == [3, 5, 7, 9, 11, 13])
        #expect(try (1 - x).transposed(0, 1).floats() == [0, -3, -1, -4, -2, -5])
        #expect(try x.sum(0).floats() == [5, 7, 9])
        #expect(try x.slice(1, from: -1).floats() == [3, 6])
        #expect(try concatenated([x, x], axis: 1).shape == [2, 6])
        #expect(x.strides == [3, 1])
    }
    @Test(arguments: DType.allCases) func `every dtype can be made and converted`(dtype: DType) throws {
        let x = try Tensor([0, 1, 1, 0] as [Float]).to(dtype)
        #expect(x.dtype == dtype)
        #expect(x.byteCount == 4 * dtype.size)
        #expect(try x.floats() == [0, 1, 1, 0])
        #expect(DType(name: dtype.description) == dtype)
    }
    @Test func `a failure carries libtorch's own sentence`() throws {
        let error = #expect(throws: TorchError.self) {
            try Tensor.zeros([2, 3]).matmul(Tensor.zeros([2, 3]))
        }
        #expect(error?.description.contains("shapes cannot be multiplied") == true)
    }
    @Test func `too much memory is its own kind of error`() {
        let error = #expect(throws: TorchError.self) { try Tensor.zeros([1 << 50]) }
        #expect(error?.kind == "oom")
    }
    @Test func `the meta device has shapes and no memory`() throws {
        let x = try Tensor.empty([1 << 20, 1 << 20], dtype: .bfloat16, device: .meta)
        #expect(try x.matmul(x).shape == [1 << 20, 1 << 20])
        #expect(throws: TorchError.self) { try x.withBytes { $0.count } }
    }
    @Test func `memory of Swift's is used without a copy and released once`() throws {
        final class Owner {
            let values = UnsafeMutablePointer<Float>.allocate(capacity: 2)
            let released: () -> Void
            init(_ released: @escaping () -> Void) { self.released = released }
            deinit { values.deallocate(); released() }
        }
        nonisolated(unsafe) var releases = 0
        do {
            let owner = Owner { releases += 1 }
            owner.values[0] = 1
            owner.values[1] = 2
            let x = try Tensor.over(owner.values, shape: [2], dtype: .float32, owner: owner)
            owner.values[1] = 5
            #expect(try x.floats() == [1, 5])
        }
        #expect(releases == 1)
    }
    @Test func `device names that mean nothing are refused`() {
        #expect(throws: DeviceError.self) { try Device(parsing: "gpu") }
        #expect(throws: DeviceError.self) { try Device(parsing: "cuda:99") }
        #expect(throws: Never.self) { try Device(parsing: "auto") }
    }
}

@Suite struct RandomTests {
    // torch.Generator().manual_seed(0): randn(5), then randperm(10)
    @Test func `draws equal Python's for the same seed`() throws {
        let generator = try Generator(seed: 0)
        let draws = try Tensor.randn([5], generator: generator).floats()
        let expected: [Float] = [1.540996, -0.29342890, -2.1787894, 0.5684313, -1.0845224]
        #expect(zip(draws, expected).allSatisfy { abs($0 - $1) < 1e-6 })
    }
    @Test func `a saved state goes on with the same draws`() throws {
        let generator = try Generator(seed: 7)
        _ = try Tensor.randn([3], generator: generator)
        let state = try generator.state()
        let next = try Tensor.randn([9], generator: generator).floats()
        let other = try Generator(seed: 1)
        try other.restore(state)
        #expect(try Tensor.randn([9], generator: other).floats() == next)
    }
}

@Suite struct GradientTests {
    @Test func `the gradient of a square is twice the value`() throws {
        let x = try Tensor([3] as [Float]).trainable()
        try x.squared().sum().backward()
        #expect(try x.gradient()?.floats() == [6])
    }
    @Test func `nothing is recorded without gradients`() throws {
        let x = try Tensor([3] as [Float]).trainable()
        #expect(try withoutGradients { try (x * x).requiresGradient } == false)
        #expect(try (x * x).requiresGradient)
    }
    @Test func `autocast computes linear layers in its dtype and leaves no trace`() throws {
        let x = try Tensor.ones([1, 4]), w = try Tensor.ones([2, 4])
        #expect(try withAutocast(.bfloat16, on: .cpu) { try x.linear(w).dtype } == .bfloat16)
        #expect(try x.linear(w).dtype == .float32)
    }
    @Test func `an AdamW step moves a parameter as torch.optim.AdamW does`() throws {
        // torch 2.13: p = 1, grad = 0.5, lr 0.1, weight decay 0.01, one step → 0.899
        let p = try Tensor([1] as [Float]), g = try Tensor([0.5] as [Float])
        let m = try Tensor.zeros([1]), v = try Tensor.zeros([1]), step = try Tensor.zeros([])
        try adamW([p], [g], [m], [v], [step], rate: 0.1, betas: (0.9, 0.999), weightDecay: 0.01, epsilon: 1e-8)
        #expect(abs(try p.item() - 0.899) < 1e-6)
        #expect(try step.item() == 1)
    }
}
