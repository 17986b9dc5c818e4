import Base
import LTXVideo
import Parity
import Testing
import Torch

/// The transformer, flow matching, training and sampling against the reference's own values
/// (Tests/Fixtures/make_transformer_fixture.py).
@Suite(.serialized) struct TransformerParityTests {
    let folder = Fixture.path("models/transformer")

    @Test(
        arguments: Parity.stages.map(\.name).filter {
            ["rope", "xf", "flow", "train.f32", "sample", "sample_term", "sample_nocfg"].contains($0)
        })
    func `every fp32 stage of the transformer agrees with the reference`(name: String) throws { try check(name) }

    @Test(arguments: ["xfbf16", "train.bf16"])
    func `bf16 stays within what other kernels change`(name: String) throws { try check(name) }

    /// Against Tests/Fixtures/make_sampling_goldens.py.
    @Test(arguments: GuidedSampleStage.all.map(\.name))
    func `listed levels, stochastic steps and every guidance are Lightricks'`(name: String) throws {
        try check(name, "sampling")
    }

    @Test(arguments: ["quant", "quantf32", "train.int8"])
    func `quantized blocks are quanto's, and compute and train as they do`(name: String) throws {
        try check(name, "quantized")
    }

    /// Against Tests/Fixtures/make_full_training.py.
    @Test(arguments: ["full.f32", "full.bf16"])
    func `a model that is trained itself ends at the reference's weights`(name: String) throws {
        try check(name, "full")
    }

    private func check(_ name: String, _ file: String = "golden") throws {
        let stage = try #require(Parity.stages.first { $0.name == name })
        let rows = try stage.run(ParityModel(folder), Goldens(folder + "/\(file).safetensors"))
        #expect(!rows.isEmpty)
        for row in rows { #expect(row.passed, "\(row)") }
    }

    @Test func `a wrong frame rate is seen`() throws {
        let goldens = try Goldens(folder + "/golden.safetensors")
        let transformer = try ParityModel(folder).transformer(.float32)
        let rotary = try RotaryTable(
            width: transformer.configuration.width, grid: LatentGrid(frames: 3, height: 2, width: 3),
            scale: (8.0 / 12, 32, 32))
        let input = TransformerInput(
            latents: try goldens["xf.in.latents"], text: try goldens["xf.in.text"], textMask: try goldens["xf.in.mask"],
            timesteps: .uniform(try goldens["xf.in.timestep"]), rotary: rotary)
        let out = try withoutGradients { try transformer(input) }
        #expect(try !ParityRow.compare("out", out, goldens["xf.out"], Tolerance.forward).passed)
    }

    @Test func `levels shifted by the number of tokens are diffusers'`() throws {
        let json = try Files.json(Fixture.path("noise_levels.json")), rows = try #require(json.array)
        #expect(rows.count == 7)
        for row in rows {
            let steps = try #require(row["steps"]?.integer), tokens = try #require(row["tokens"]?.integer)
            var shift = NoiseShift()
            shift.terminal = row["terminal"]?.number
            let schedule = NoiseSchedule(.uniform(shift), steps: steps, tokens: tokens)
            for (key, ours) in [("sigmas", schedule.sigmas), ("timesteps", schedule.timesteps)] {
                let theirs = (row[key]?.array ?? []).compactMap(\.number)
                #expect(ours.count == theirs.count)
                for (a, b) in zip(ours, theirs) { #expect(abs(Double(a) - b) <= 1e-6 * max(1, b), "\(key) \(row)") }
            }
        }
    }
    @Test func `a block that the model does not have is named`() throws {
        let transformer = try ParityModel(folder).transformer(.float32)
        #expect {
            try VideoSampler(
                transformer, schedule: NoiseSchedule(steps: 2),
                guidance: GuidancePlan(Guidance(scale: 1, stgScale: 1, stgBlocks: [2])))
        } throws: { "\($0)".contains("0 to 1") }
    }
}
