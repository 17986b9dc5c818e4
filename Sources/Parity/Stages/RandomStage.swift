import Base
import LTXVideo
import Torch

/// `rng.*`: torch's and Python's generators, and `flow.sampler.*`: the noise levels drawn from them.
public struct RandomStage: ParityStage {
    /// What `--stage` takes.
    public let name = "rng"
    /// The only one.
    public init() {}

    /// One row a draw.
    public func run(_ model: ParityModel, _ goldens: Goldens) throws -> [ParityRow] {
        var rows: [ParityRow] = []
        if goldens.has("rng.randn5") {
            let generator = try Generator(seed: goldens.seed)
            let draws = [
                ("randn5", try Tensor.randn([5], generator: generator)),
                ("randn64", try Tensor.randn([64], generator: generator)),
                ("rand7", try Tensor.rand([7], generator: generator)),
                ("randn33", try Tensor.randn([33], generator: generator)),
                ("randn64_bf16", try Tensor.randn([64], dtype: .bfloat16, generator: generator)),
                ("randperm10", try Tensor.permutation(10, generator: generator)),
            ]
            for (label, draw) in draws {
                rows.append(try .compare(label, draw, goldens["rng.\(label)"], Tolerance.exact))
            }
            var python = PythonRandom(seed: goldens.seed)
            let coins = try Tensor((0..<8).map { _ in python.random() })
            rows.append(try .compare("python_random", coins, goldens["rng.python_random"], Tolerance.exact))
        }
        for key in goldens.keys(after: "flow.sampler.") {
            let generator = try Generator(seed: goldens.seed), reference = try goldens["flow.sampler.\(key)"]
            let tokens = key.split(separator: ".").last.flatMap { Int($0) }
            let sampler: NoiseLevelSampler = tokens == nil ? .uniform() : .shiftedLogitNormal()
            let draw = try sampler.sample(
                batch: reference.count, tokens: tokens ?? 0, device: .cpu, generator: generator)
            rows.append(try .compare("sampler.\(key)", draw, reference, 1e-6))
        }
        return rows
    }
}
