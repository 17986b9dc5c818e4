import Base
import NN

/// What a model's files say of how it wants to be sampled.
public struct ModelSampling: Sendable, Equatable {
    /// How noise levels are spaced.
    public var spacing = NoiseSpacing.linearQuadratic
    /// Nil when any number will do.
    public var steps: Int?
    /// Nil when it is a matter of taste; 1 for a distilled model, whose guidance is built in.
    public var guidance: Double?
    /// Whether each step denoises all the way and adds new noise, instead of following the flow.
    public var isStochastic = false
    /// What the VAE's decoder is told of the noise left in the latents, and how much is added to them.
    public var decodeTimestep = 0.0, decodeNoise = 0.0

    /// What files that say nothing have.
    public init() {}
    /// A distilled model: few steps, no guidance. `levels` nil: eight stochastic steps (0.9.6).
    public init(distilled levels: [Double]?) {
        if let levels { spacing = .listed(levels) }
        (steps, guidance, isStochastic) = (levels?.count ?? 8, 1, levels == nil)
        (decodeTimestep, decodeNoise) = (0.05, 0.025)
    }

    /// The levels that 0.9.7 and 0.9.8 were distilled to (`allowed_inference_steps`).
    public static let distilledLevels = [1.0, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725, 0.4219]
}

extension NoiseSpacing {
    /// What a scheduler's configuration asks for, in Lightricks' words (`RectifiedFlowScheduler`) or in diffusers'
    /// (`FlowMatchEulerDiscreteScheduler`).
    ///
    /// Throws `ModelConfigurationError` for what is not implemented.
    public init(scheduler json: JSON, path: String) throws {
        let read = ModelConfigurationReader(json, path: path)
        if json["_class_name"]?.string == "FlowMatchEulerDiscreteScheduler" {
            guard try read.bool("use_dynamic_shifting", false) else {
                self = .linearQuadratic
                return
            }
            try read.require("time_shift_type", .string("exponential"))
            var shift = NoiseShift()
            (shift.base, shift.most) = (try read.number("base_shift", 0.5), try read.number("max_shift", 1.15))
            shift.baseTokens = try read.number("base_image_seq_len", 256)
            shift.mostTokens = try read.number("max_image_seq_len", 4096)
            shift.terminal = try Self.terminal(json, "shift_terminal", path)
            guard shift.mostTokens > shift.baseTokens else {
                throw ModelConfigurationError.type(
                    path, key: "max_image_seq_len", found: "\(shift.mostTokens)",
                    expected: "above base_image_seq_len")
            }
            self = .uniform(shift)
            return
        }
        let terminal = try Self.terminal(json, "target_shift_terminal", path)
        let sampler = try read.string("sampler", "Uniform"), shifting = try read.string("shifting", "")
        switch (sampler, shifting) {
        case ("LinearQuadratic", ""): self = .linearQuadratic
        case ("Uniform", "SD3"):
            var shift = NoiseShift()
            shift.terminal = terminal
            self = .uniform(shift)
        case ("Uniform", ""): self = .uniform(NoiseShift(constant: 0))
        case ("Constant", ""): self = .uniform(NoiseShift(constant: try read.number("shift", 0)))
        default:
            throw ModelConfigurationError.unsupported(
                path, key: shifting.isEmpty ? "sampler" : "shifting",
                found: "\"\(shifting.isEmpty ? sampler : shifting)\"",
                supported: "LinearQuadratic, Uniform, Constant or Uniform shifted as in SD3")
        }
    }
    private static func terminal(_ json: JSON, _ key: String, _ path: String) throws -> Double? {
        guard let found = json[key], !found.isNull else { return nil }
        guard let number = found.number, number > 0, number < 1 else {
            throw ModelConfigurationError.type(path, key: key, found: found.text(), expected: "above 0 and below 1")
        }
        return number
    }
}
