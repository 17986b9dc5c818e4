import Base
import LTXVideo
import Media
import NN
import Torch

/// One video out of models that are in memory, with whatever adapters hang on the transformer.
struct VideoGeneration {
    let options: SampleOptions, plan: SamplingPlan

    /// Throws what `SamplingPlan` throws.
    init(_ options: SampleOptions, of model: ModelFolder) throws {
        if let output = options.output { try VideoOutput.check(output, frames: options.size.frames) }
        self.options = options
        plan = try SamplingPlan(options, of: model)
    }

    /// The prompts that it needs encoded, the negative one last where it is needed.
    var prompts: [String] { plan.guidance.needsNegative ? [options.prompt, options.negative] : [options.prompt] }

    /// The pictures. Draws from generators of its own. Throws `SampleError.notFinite`, and `Cancelled` when the monitor was
    /// asked to stop.
    ///
    /// - Parameters:
    ///   - texts: of `prompts`, in order.
    ///   - showsReference: puts the reference video at the left of each picture, as the model was given it.
    func frames(
        _ transformer: Transformer, _ vae: VideoVAE, _ texts: [TextCondition], showsReference: Bool = false,
        monitor: Monitor
    ) throws -> [Frame] {
        let size = options.size, grid = size.grid, device = transformer.device
        let seed = UInt64(bitPattern: Int64(options.seed)), generator = try Generator(seed: seed, device: device)
        var sampler = try VideoSampler(
            transformer, schedule: plan.schedule(tokens: grid.tokens), guidance: plan.guidance)
        sampler.isStochastic = plan.isStochastic
        return try withoutGradients {
            let result = try sampler.run(
                prompt: texts[0], negative: texts.count > 1 ? texts[1] : nil, grid: grid, generator: generator,
                conditioning: conditioning(vae), monitor: monitor)
            guard try result.latents.nonFiniteCount() == 0 else { throw SampleError.notFinite(lora: options.lora) }
            func decoded(_ latents: Tensor) throws -> [Frame] {
                try ClipTensor.frames(
                    vae.decodeVideo(
                        latents, frames: grid.frames, height: grid.height, width: grid.width,
                        timestep: plan.decodeTimestep, noiseScale: plan.decodeNoise, generator: generator,
                        injection: Generator(seed: seed, device: device)))
            }
            let video = try decoded(result.latents)
            guard showsReference, let reference = result.reference else { return video }
            return try zip(decoded(reference), video).map { left, right in
                var both = Picture(width: left.width + right.width, height: right.height)
                both.draw(Picture(left), x: 0, y: 0)
                both.draw(Picture(right), x: left.width, y: 0)
                return both.frame
            }
        }
    }

    /// The first frame and the reference video, encoded when the sampler asks for them.
    private func conditioning(_ vae: VideoVAE) throws -> VideoSampler.Conditioning {
        let size = options.size
        let image = try options.image.map { path in
            try ClipTensor.fitted(VideoFile(path).frame(), width: size.width, height: size.height).unsqueezed(1)
                .unsqueezed(0)
        }
        let reference = try options.reference.map { path in
            guard let video = try ClipTensor.read(VideoFile(path), size: size) else {
                throw MediaError.unreadable(path: path, reason: "the reference has fewer than \(size.frames) frames")
            }
            return video
        }
        return VideoSampler.Conditioning(
            firstFrames: image.map { image in { try vae.normalized(vae.encode(image).sample($0)).to(.float32) } },
            reference: reference.map { video in
                { (try vae.encodeVideo(video, generator: $0).to(.float32), size.grid) }
            })
    }
}

/// A video that cannot be shown.
enum SampleError: UserError {
    case notFinite(lora: String?)

    var kind: String { "sample.not_finite" }
    var path: String? { if case .notFinite(let lora) = self { lora } else { nil } }
    var description: String {
        switch self {
        case .notFinite(let lora):
            "what was sampled is not finite, so nothing was written; "
                + (lora.map { "does '\($0)' belong to this model, and is its strength right?" }
                    ?? "load the model as fp32, or check its files (Models.check)")
        }
    }
}

extension CaptionEncoder {
    /// Prompts as validation encodes them: T5 is told which tokens are padding; the stored training captions were made
    /// without. A note says what is cut off.
    func encode(prompts: [String], _ monitor: Monitor) throws -> [TextCondition] {
        let limit = CaptionLimit(tokenizer)
        for excess in prompts.compactMap(limit.excess) { monitor.note("the prompt \(excess)") }
        return try encode(prompts, masked: true)
    }
}
