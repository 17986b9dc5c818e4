import Base
import LTXVideo
import Testing

@testable import Workbench

@Suite struct SamplingPlanTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["LTX-Video-0.9.5", "LTX-Video-0.9.7-distilled", "LTX-Video-0.9.7-dev", "mine"] {
            for part in ["transformer", "vae", "text_encoder", "tokenizer"] {
                try folder.write("{}", to: "models/\(name)/\(part)/config.json")
            }
        }
        for name in ["ltxv-2b-0.9.6-distilled-04-25.safetensors", "ltxv-renamed.safetensors"] {
            try AtomicFile.write(Files.read(ModelPlaceTests.single), to: folder["models/\(name)"])
        }
        try folder.write("x", to: "models/LTX-Video-0.9.5/text_encoder/model.safetensors")
        try folder.write("x", to: "models/LTX-Video-0.9.5/tokenizer/spiece.model")
    }
    private func plan(_ model: String, _ change: (inout SampleOptions.Choices) -> Void = { _ in }) throws
        -> SamplingPlan
    {
        var options = SampleOptions(
            prompt: "a cat", size: try VideoSize(width: 64, height: 64, frames: 9), output: "x.mp4")
        change(&options.choices)
        return try SamplingPlan(options, of: ModelFolder(finding: model, models: folder["models"]))
    }

    @Test func `a model that nobody says anything of is sampled as upstream's validation`() throws {
        let plan = try plan("mine")
        #expect(plan.steps == 50 && !plan.isStochastic && plan.decodeTimestep == 0 && plan.decodeNoise == 0)
        #expect(plan.guidance == GuidancePlan(Guidance(scale: 3.5)))
        #expect(plan.schedule(tokens: 8) == NoiseSchedule(steps: 50))
    }
    @Test func `a distilled model takes the steps that it was taught, without guidance`() throws {
        let listed = try plan("LTX-Video-0.9.7-distilled")
        #expect(listed.steps == 8 && listed.guidance == GuidancePlan(Guidance(scale: 1)) && !listed.isStochastic)
        #expect(listed.schedule(tokens: 8).timesteps.prefix(2) == [1000, 993.7])
        let stochastic = try plan("LTXV_2B_0.9.6_DISTILLED")
        #expect(stochastic.steps == 8 && stochastic.isStochastic && stochastic.decodeTimestep == 0.05)
        #expect(stochastic.schedule(tokens: 8) == NoiseSchedule(steps: 8))
        // What was asked for goes before what the model says.
        let other = try plan("LTX-Video-0.9.7-distilled") { ($0.steps, $0.guidance) = (4, [2]) }
        #expect(other.steps == 4 && other.guidance == GuidancePlan(Guidance(scale: 2)))
        #expect(other.schedule(tokens: 8) == NoiseSchedule(steps: 4))
    }
    @Test func `a scheduler file of 0_9_0 asks for even levels, shifted`() throws {
        try folder.write(
            "{\"_class_name\": \"FlowMatchEulerDiscreteScheduler\", \"use_dynamic_shifting\": true, \"base_shift\": 0.95, "
                + "\"max_shift\": 2.05, \"base_image_seq_len\": 1024, \"max_image_seq_len\": 4096, \"shift_terminal\": 0.1}",
            to: "models/mine/scheduler/scheduler_config.json")
        let shifted = NoiseSchedule(.uniform(NoiseShift()), steps: 50, tokens: 8)
        #expect(try plan("mine").schedule(tokens: 8) == shifted)
        #expect(try plan("mine") { $0.schedule = .linearQuadratic }.schedule(tokens: 8) == NoiseSchedule(steps: 50))
        #expect(try plan("LTX-Video-0.9.5") { $0.schedule = .uniform }.schedule(tokens: 8) == shifted)
    }
    @Test func `the published preset goes by the version, and single options change it`() throws {
        let small = try plan("LTX-Video-0.9.5") { $0.preset = .published }
        #expect(small.steps == 40 && small.decodeTimestep == 0.05 && small.decodeNoise == 0.025)
        #expect(
            small.guidance
                == GuidancePlan(Guidance(scale: 3, stgScale: 1, stgBlocks: [19], rescale: 0.7)))
        let large = try plan("LTX-Video-0.9.7-dev") { ($0.preset, $0.isStar) = (.published, false) }
        #expect(large.steps == 30 && large.guidance.blocks == [11, 22, 25, 28, 35, 39] && !large.guidance.isStar)
        for name in ["LTX-Video-0.9.7-distilled", "LTXV_2B_0.9.6_DISTILLED"] {
            let upstream = try plan(name) { $0.preset = .trainer }
            #expect(upstream.schedule(tokens: 8) == NoiseSchedule(steps: 50) && !upstream.isStochastic)
            #expect(upstream.guidance == GuidancePlan(Guidance(scale: 3.5)) && upstream.decodeTimestep == 0)
        }
        #expect { try plan("mine") { $0.preset = .published } } throws: { "\($0)".contains("'mine'") }
    }
    @Test func `lists of guidance need as many levels, and a scale its blocks`() throws {
        let listed = try plan("mine") {
            ($0.guidance, $0.guidanceTimesteps) = ([1, 6], [1, 0.9])
        }
        #expect(
            listed.guidance == GuidancePlan(times: [1, 0.9], stages: [Guidance(scale: 1), Guidance(scale: 6)]))
        let wrong: [(String, (inout SampleOptions.Choices) -> Void)] = [
            ("guidance", { $0.guidance = [1, 6] }),
            ("stg_scale", { ($0.stgScale, $0.guidanceTimesteps) = ([1, 2, 3], [1, 0.5]) }),
            ("guidance_timesteps", { $0.guidanceTimesteps = [] }), ("stg_blocks", { $0.stgScale = [1] }),
            ("timesteps", { $0.timesteps = [0.5, 0.9] }), ("timesteps", { $0.timesteps = [] }),
        ]
        for (key, change) in wrong {
            let error = #expect(throws: SamplingOptionError.self) { try plan("mine", change) }
            #expect(error?.key == key)
        }
    }
}
