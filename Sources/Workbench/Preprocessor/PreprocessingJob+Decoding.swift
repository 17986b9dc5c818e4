import Base
import LTXVideo
import Torch

// MARK: Looking at what was encoded

extension PreprocessingJob {
    /// Decodes every clip of this pass into `decoded_videos`, references into `decoded_reference_videos`, but those that are there of
    /// the latents as they are. Nothing where that was not asked for.
    func decodeVideos(_ monitor: Monitor, tiling: VAETiling?, _ lease: () throws -> ModelLease<VideoVAE>) throws {
        guard options.decodes else { return }
        let names = try agreed {
            let all = outputs.filter { Files.exists(Path.join(folder, $0.file)) }
            let due = all.filter { needs(picture(of: $0), $0.mark) }
            note(monitor, "decoded videos", due.count, of: all.count)
            return due.map(picture)
        }
        guard !names.isEmpty else { return }
        let due = outputs.filter { names.contains(picture(of: $0)) }
        try collect(try decode(due, monitor, tiling, lease), monitor)
    }
    /// The files of this rank's share.
    private func decode(
        _ due: [Output], _ monitor: Monitor, _ tiling: VAETiling?, _ lease: () throws -> ModelLease<VideoVAE>
    ) throws -> [String] {
        let turns = turns("decoding")
        var held: ModelLease<VideoVAE>?, files: [String] = []
        while case let place = try turns.next(), place < due.count {
            let output = due[place]
            monitor.report(Progress("decoding", place, of: due.count, "clips"))
            try monitor.checkpoint()
            try ranks.find(Path.join(folder, output.file))
            let latents = try LatentFile(Path.join(folder, output.file)), grid = latents.grid
            let lease = try held ?? lease(), vae = try lease.model(monitor)
            held = lease
            let shown = try vae.decodeVideo(
                latents.latents.unsqueezed(0), frames: grid.frames, height: grid.height, width: grid.width,
                generator: Generator(seed: 0, device: vae.device), tiling: tiling)
            let file = picture(of: output)
            try VideoOutput.write(ClipTensor.frames(shown), fps: latents.fps, to: Path.join(folder, file))
            try done(file, output.mark, ["clip": output.inputs["clip"] ?? Self.name(of: output)])
            files.append(file)
        }
        monitor.report(Progress("decoding", due.count, of: due.count, "clips"))
        return files
    }

    /// `decoded_videos/NAME.mp4`, a picture for one frame.
    private func picture(of output: Output) -> String {
        let folder = output.file.hasPrefix("reference_") ? "decoded_reference_videos" : "decoded_videos"
        return "\(folder)/\(Self.name(of: output))\(output.size.frames == 1 ? ".png" : ".mp4")"
    }
    private static func name(of output: Output) -> String {
        String(output.file.drop { $0 != "/" }.dropFirst().dropLast(3))
    }
}
