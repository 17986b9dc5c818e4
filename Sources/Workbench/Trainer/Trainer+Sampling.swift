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
        let base = try model.lease(.transformer, dtype: dtype, device: device, for: user)
        guard case .transformer(let transformer) = base.model else { throw FileError.missing(model.path) }
        let adapters = try options.lora.map { source in
            let file = try LoRAFile(source)
            return try AdapterSet(transformer.linears, tensors: file.tensors, source: file.path)
        }
        let (prompt, negative) = try encode(options, user)
        let videoLease = try model.lease(.vae, dtype: dtype, device: device, for: user)
        guard case .vae(let vae) = videoLease.model else { throw FileError.missing(model.path) }
        let generator = try Generator(seed: UInt64(bitPattern: Int64(options.seed)), device: device)
        adapters?.attach(strength: options.loraStrength)
        defer { adapters?.detach() }
        let sampler = VideoSampler(
            transformer, schedule: NoiseSchedule(steps: options.steps), guidance: options.guidance)
        let frames = try withoutGradients {
            let result = try sampler.run(
                prompt: prompt, negative: negative, grid: options.size.grid, generator: generator,
                conditioning: Self.conditioning(options, vae), monitor: monitor)
            let grid = options.size.grid
            return try ClipTensor.frames(
                vae.decodeVideo(
                    result.latents, frames: grid.frames, height: grid.height, width: grid.width, generator: generator))
        }
        try VideoOutput.write(frames, fps: options.fps, to: options.output)
        return options.output
    }

    private func encode(_ options: SampleOptions, _ user: String) throws -> (TextCondition, TextCondition?) {
        let lease = try model.lease(.textEncoder, dtype: dtype, device: device, for: user)
        guard case .textEncoder(let encoder) = lease.model else { throw FileError.missing(model.path) }
        // Validation tells T5 which tokens are padding; the stored training captions were made without.
        let texts = try encoder.encode(
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
