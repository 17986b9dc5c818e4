import Media
import Torch

/// The clips of training that are made of one file, in one pass over its pictures: every picture is decoded and scaled once.
struct ClipPictures {
    private let size: VideoSize, region: PictureRegion?
    private var pictures: PictureSequence
    private var stretches: ArraySlice<FrameSelection.Stretch>
    /// Pictures that some stretch is made of, and those of them that have been read and are still wanted.
    private let wanted: Set<Int>
    private var fitted: [Int: Tensor] = [:]
    private var read = 0

    /// - Parameters:
    ///   - stretches: by their first picture.
    ///   - region: the part of a picture that is taken, `nil` for all of it.
    init(
        _ file: VideoFile, size: VideoSize, fps: Double? = nil, region: PictureRegion? = nil,
        _ stretches: [FrameSelection.Stretch]
    ) throws {
        (self.size, self.region, self.stretches) = (size, region, stretches[...])
        wanted = Set(stretches.flatMap(\.pictures))
        pictures = try PictureSequence(file, fps: fps)
    }

    /// The next stretch (1, 3, frames, height, width) in [-1, 1], fp32; `nil` when the video ends before it does, and after the
    /// last one. Frame by frame, so that one frame at full size lives at a time.
    mutating func next() throws -> Tensor? {
        guard let stretch = stretches.popFirst(), let first = stretch.pictures.first else { return nil }
        fitted = fitted.filter { $0.key >= first }
        var frames: [Tensor] = []
        for number in stretch.pictures {
            while read <= number {
                guard let frame = try pictures.next() else { return nil }
                if wanted.contains(read) {
                    let part = region.map { frame.part($0) } ?? frame
                    fitted[read] = try ClipTensor.fitted(part, width: size.width, height: size.height)
                }
                read += 1
            }
            guard let frame = fitted[number] else { return nil }
            frames.append(frame)
        }
        return try stacked(frames, axis: 1).unsqueezed(0)
    }
}
