import Configuration
import Base
import LTXVideo
import NN
import TestSupport
import Testing
import Torch

@testable import Workbench

/// A preprocessed folder, a tiny model and a configuration in a folder of their own.
struct TrainingFixture {
    let folder: String
    var configuration = TrainingConfiguration()

    /// `latents`: one a clip, (tokens, 128).
    init(latents: [Tensor], grid: LatentGrid = LatentGrid(frames: 3, height: 2, width: 3), model: String) throws {
        folder = Scratch.path("training")
        let text = try Tensor.randn([256, 64], generator: Generator(seed: 5)).to(.bfloat16)
        let mask = try Tensor.arange(to: 256).isBelow(20)
        for part in ["latents", "conditions"] { try Files.makeFolder(Path.join(folder, "data/\(part)")) }
        for (place, tensor) in latents.enumerated() {
            let name = "clip\(place < 10 ? "0" : "")\(place).pt"
            try LatentFile.write(
                tensor.to(.bfloat16), grid: grid, fps: 24,
                to: Path.join(folder, "data/latents/\(name)"))
            try TorchFile.write(
                TorchValue(["prompt_embeds": .tensor(text), "prompt_attention_mask": .tensor(mask)]),
                to: Path.join(folder, "data/conditions/\(name)"))
        }
        configuration.model.modelSource = model
        configuration.data.preprocessedDataRoot = Path.join(folder, "data")
        configuration.outputDir = Path.join(folder, "out")
        configuration.lora?.rank = 8
        configuration.lora?.alpha = 8
        configuration.optimization.batchSize = 1
        configuration.optimization.steps = 6
        configuration.optimization.learningRate = 1e-3
        configuration.validation.interval = nil
    }

    /// Random clips.
    init(
        grid: LatentGrid = LatentGrid(frames: 3, height: 2, width: 3), clips: Int = 4,
        model: String = TrainingFixture.model
    ) throws {
        let generator = try Generator(seed: 1)
        try self.init(
            latents: (0..<clips).map { _ in try Tensor.randn([grid.tokens, 128], generator: generator) }, grid: grid,
            model: model)
    }

    /// Gives every clip a reference: its own latents.
    func writeReferences() throws {
        let data = configuration.data.preprocessedDataRoot
        try Files.makeFolder(Path.join(data, "reference_latents"))
        for name in try Files.list(Path.join(data, "latents")) {
            try AtomicFile.write(
                Files.read(Path.join(data, "latents/\(name)")), to: Path.join(data, "reference_latents/\(name)"))
        }
    }

    /// The loop of a run that is not started, to be taken apart. It reads in step: nobody closes it.
    func loop(_ transformer: Transformer) throws -> TrainingLoop {
        var configuration = configuration
        configuration.data.numDataloaderWorkers = 0
        let plan = try TrainingPlan(configuration, model: ModelFolder(finding: configuration.model.modelSource))
        return try TrainingLoop(
            Run(0, configuration, folder: folder), plan, transformer, RunFolder(folder))
    }

    /// One tiny model for all tests of the process.
    static let model: String = {
        let path = Scratch.path("tiny")
        // Two threads on matrices this small only wait for each other.
        do {
            try Backend.setThreads(1)
            try TinyModel.make(at: path)
        } catch { Issue.record("the tiny model could not be made: \(error)") }
        return path
    }()
}

@Suite(.serialized) struct TraceTests {
    /// A run of the upstream trainer (20 steps, 16 clips, seed 42, first-frame probability 0.1), recorded draw by draw.
    let trace = Path.join(Path.folder(#filePath), "../Fixtures/traces/train.safetensors")

    @Test func `every draw of a recorded run of the reference trainer is drawn again`() throws {
        let file = try Safetensors.File(trace)
        let names = file.header.metadata["samples"]?.split(separator: "\n") ?? []
        let fixture = try TrainingFixture(clips: names.count)
        let transformer = try Transformer.load(Path.join(TrainingFixture.model, "transformer"), WeightPolicy(.bfloat16))
        let loop = try fixture.loop(transformer)
        let adapters = try (#require(loop.trainable as? AdapterSet)).tensors()
        for key in [
            "transformer_blocks.0.attn1.to_q.lora_A.weight", "transformer_blocks.3.attn2.to_out.0.lora_A.weight",
        ] {
            let drawn = try #require(adapters[key])
            #expect(try drawn.isEqual(to: file.tensor("init.\(key)")), "\(key)")
        }
        let data = try Precomputed(opening: fixture.configuration.data.preprocessedDataRoot)
        var replay = loop
        for step in 0..<20 {
            let prefix = "step.00\(step < 10 ? "0" : "")\(step)"
            let (clips, batch) = try replay.draw()
            #expect(try clips == file.tensor("\(prefix).idx").ints(), "step \(step)")
            let sigma = try batch.sigmas.item(), expected = try file.tensor("\(prefix).sigmas").item()
            #expect(abs(sigma - expected) < 1e-6, "step \(step)")
            #expect(
                try batch.conditioned.contains { $0 > 0 } == (file.tensor("\(prefix).cond_mask").any().item() != 0),
                "step \(step)")
            // Our clips have other latents, so the noise is compared: ε = target + x₀, and the reference's
            // x₀ = (noisy − σ·target) up to the rounding of bf16.
            let target = try file.tensor("\(prefix).targets").to(.float32), noisy = try file.tensor("\(prefix).noisy")
            let clean = try noisy - target * expected
            let every9th = try Tensor([0, 9])
            let ours =
                try batch.target.indexed(1, by: every9th)
                + data.sample(data.items[clips[0]]).latents.unsqueezed(0).indexed(1, by: every9th)
            // The first token may be conditioning, whose noisy latents are the clean ones.
            let difference = try (ours.to(.float32) - (target + clean)).select(1, 1).abs().max().item()
            #expect(difference < 0.06, "step \(step)")
        }
    }
}
