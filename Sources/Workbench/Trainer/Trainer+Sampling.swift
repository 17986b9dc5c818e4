import Base
import LTXVideo
import Media
import NN
import Torch

extension Trainer {
    /// Generates a video with the models in memory and writes it. Returns its path.
    ///
    /// Throws when a model is in use by a run, when the LoRA does not fit, and `Cancelled` when the monitor was asked
    /// to stop; nothing is written then.
    @discardableResult
    public func sample(_ options: SampleOptions, monitor: Monitor = Monitor()) throws -> String {
        let user = "sample"
        let base = try model.lease(.transformer, weights(dtype, self.options), for: user)
        let transformer = try base.model(monitor)
        let adapters = try options.lora.map { source in
            let file = try LoRAFile(source)
            try file.requireFinite()
            if let remark = file.remark { monitor.note(remark) }
            if try file.hasNoEffect() { monitor.note("'\(file.path)' changes nothing: every lora_B is zero") }
            return try AdapterSet(
                transformer.linears, tensors: file.tensors, alphas: file.alphas, source: file.path)
        }
        // The text encoder is given back before the VAE is asked for: the two are never needed together.
        let (prompt, negative) = try encode(options, user, monitor)
        let videoLease = try model.lease(.vae, dtype: dtype, device: device, for: user)
        let vae = try videoLease.model(monitor)
        let generator = try Generator(seed: UInt64(bitPattern: Int64(options.seed)), device: device)
        adapters?.attach(strength: options.loraStrength, dropout: nil)
        defer { adapters?.detach() }
        let sampler = VideoSampler(
            transformer, schedule: NoiseSchedule(steps: options.steps), guidance: options.guidance)
        let frames = try withoutGradients {
            let result = try sampler.run(
                prompt: prompt, negative: negative, grid: options.size.grid, generator: generator,
                conditioning: Self.conditioning(options, vae), monitor: monitor)
            guard try result.latents.nonFiniteCount() == 0 else { throw SampleError.notFinite(lora: options.lora) }
            let grid = options.size.grid
            return try ClipTensor.frames(
                vae.decodeVideo(
                    result.latents, frames: grid.frames, height: grid.height, width: grid.width, generator: generator))
        }
        try VideoOutput.write(frames, fps: options.fps, to: options.output)
        return options.output
    }

    private func encode(
        _ options: SampleOptions, _ user: String, _ monitor: Monitor
    ) throws -> (TextCondition, TextCondition?) {
        let format: QuantizedFormat? = self.options.loadsTextEncoderIn8bit ? .int8 : nil
        let lease = try model.lease(.textEncoder, WeightPolicy(dtype, on: device, quantization: format), for: user)
        // Validation tells T5 which tokens are padding; the stored training captions were made without.
        let texts = try lease.model(monitor).encode(
            options.guidance > 1 ? [options.prompt, options.negative] : [options.prompt], masked: true)
        return (texts[0], texts.count > 1 ? texts[1] : nil)
    }

    /// The first frame and the reference video, encoded when the sampler asks for them.
    private static func conditioning(_ options: SampleOptions, _ vae: VideoVAE) throws -> VideoSampler.Conditioning {
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
