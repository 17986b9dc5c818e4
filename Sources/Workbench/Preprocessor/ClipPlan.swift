import Base
import Media

/// What becomes of one clip: the size that loses least of it, and the pictures that each clip of training is made of.
///
/// The same for whoever plans and whoever works, so that `ds:stats` and `pre:run` agree.
struct ClipPlan {
    let size: VideoSize
    let stretches: [FrameSelection.Stretch]
    /// The part of each picture that is taken, `nil` for all of it.
    let region: PictureRegion?

    /// How clips are brought to size.
    struct Rules: Hashable {
        var sizes: TrainingSizes, selection = FrameSelection(), fps: Double?
        /// Letterbox bars are cut off first.
        var cropsBars = false

        /// Throws for sizes without frames where there are videos: their lengths, for the hint.
        func require(forVideosOf lengths: [Int]) throws {
            guard !sizes.hasFrames, selection.mode != .full, !lengths.isEmpty else { return }
            throw VideoSizeError.framesMissing(sizes.sizes[0], lengths)
        }
    }

    /// `nil` for a video that is too short. Its header may tell too few pictures: before one is left out they are counted.
    ///
    /// Throws `MediaError` or `Cancelled`.
    init?(_ file: VideoFile, _ rules: Rules, region: PictureRegion?, _ monitor: Monitor) throws {
        self.region = region
        let (width, height) = (region?.width ?? file.width, region?.height ?? file.height)
        if file.isImage {
            guard let size = rules.sizes.choice(width: width, height: height, count: nil, rules.selection) else {
                return nil
            }
            self.size = try VideoSize(width: size.width, height: size.height, frames: 1)
            stretches = [FrameSelection.Stretch(0, 1)]
            return
        }
        var count = file.frames
        func choice() -> VideoSize? {
            let pictures = PictureSequence.count(count.value, of: file, fps: rules.fps)
            return rules.sizes.choice(width: width, height: height, count: pictures, rules.selection)
        }
        var found = choice()
        if found == nil, !count.isExact {
            count = try file.countFrames(monitor)
            found = choice()
        }
        guard let found else { return nil }
        stretches = rules.selection.stretches(
            of: PictureSequence.count(count.value, of: file, fps: rules.fps), frames: found.frames)
        guard let frames = stretches.first?.pictures.count else { return nil }
        size = try VideoSize(width: found.width, height: found.height, frames: frames)
    }

    /// What is added to a clip's name where a video may give several, as musubi-tuner has it: `_00025-049`.
    static func suffix(_ stretch: FrameSelection.Stretch) -> String {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
        return "_\(padded(stretch.pictures.first ?? 0, 5))-\(padded(stretch.pictures.count, 3))"
    }
}
