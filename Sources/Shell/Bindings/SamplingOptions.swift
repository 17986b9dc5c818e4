import LTXVideo
import LuaKit
import Workbench

extension SampleOptions.Choices {
    static var luaOptions: [LuaOption<SampleOptions.Choices>] {
        runOptions + [.option("lora", \.lora, .checkpoint, "a LoRA file, a run, or its folder")]
    }
    /// Without a LoRA: a run has its own.
    static var runOptions: [LuaOption<SampleOptions.Choices>] {
        [
            .option("negative", \.negative, .string, "what not to show"),
            .option("seed", \.seed, .integer, "seed of the noise"),
            .option("strength", \.loraStrength, .number(min: -10, max: 10), "how strongly the LoRA is applied"),
            .option("image", \.image, .path(), "a picture that becomes the first frame"),
            .option("reference", \.reference, .path(), "a video to follow (IC-LoRA)"),
            .option("fps", \.fps, .number(max: 1000, above: 0), "frames a second of the file"),
        ] + stepOptions + guidanceOptions
    }
    private static var stepOptions: [LuaOption<SampleOptions.Choices>] {
        let share = LuaType<Double>.number(min: 0, max: 1)
        return [
            .option("preset", \.preset, .choice(), "settings that go together, which the other options change"),
            .option("steps", \.steps, .integer(min: 1, max: 1000), "denoising steps; 50 unless the model is distilled"),
            .option("timesteps", \.timesteps, .list(of: .number(max: 1, above: 0)), "the noise levels of the steps"),
            .option("schedule", \.schedule, .choice(), "how noise levels are spaced"),
            .option("stochastic", \.isStochastic, .bool, "new noise at each step (0.9.6 distilled)"),
            .option("decode_timestep", \.decodeTimestep, share, "how noisy the decoder takes the latents to be"),
            .option("decode_noise", \.decodeNoise, share, "noise that is added before decoding"),
        ]
    }
    private static var guidanceOptions: [LuaOption<SampleOptions.Choices>] {
        let blocks = LuaType<[Int]>.list(of: .integer(min: 0))
        return [
            .option(
                "guidance", \.guidance, .oneOrMore(.number(min: 1, max: 100)),
                "guidance scale; 1 is none; 3.5 unless the model is distilled"),
            .option(
                "stg_scale", \.stgScale, .oneOrMore(.number(min: 0, max: 100)), "spatio-temporal guidance; 0 is none"),
            .option(
                "stg_blocks", \.stgBlocks, .oneOrMore(blocks), "blocks, from 0, whose attention is left out for it"),
            .option("stg_mode", \.stgMode, .choice(), "what is left out of them"),
            .option(
                "rescale", \.rescale, .oneOrMore(.number(min: 0, max: 1)), "how much of its contrast is taken back"),
            .option(
                "guidance_timesteps", \.guidanceTimesteps, .list(of: .number(min: 0, max: 1)),
                "noise levels from which on each of several guidances counts"),
            .option("cfg_star", \.isStar, .bool, "CFG-Zero*"),
        ]
    }
}

extension LuaType {
    /// One value, or a list of them.
    static func oneOrMore<Element>(_ element: LuaType<Element>) -> Self where Value == [Element] {
        LuaType<Either<Element, [Element]>>.either(element, .list(of: element)).map { value in
            switch value {
            case .first(let one): [one]
            case .second(let many): many
            }
        }
    }
}
