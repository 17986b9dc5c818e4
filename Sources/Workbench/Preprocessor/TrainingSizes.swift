import Base

/// The sizes that preprocessing brings clips to: each clip to the one that loses least of it.
public struct TrainingSizes: Sendable, Hashable, CustomStringConvertible {
    /// In the order that was given, without repetitions; at least one.
    public let sizes: [VideoSize]
    /// The sizes were given with their frames; without, they are for images, or for all of a video.
    public let hasFrames: Bool

    /// One size for all.
    public init(_ size: VideoSize, hasFrames: Bool = true) { (sizes, self.hasFrames) = ([size], hasFrames) }
    /// Throws `VideoSizeError.none` for an empty list.
    public init(_ sizes: [VideoSize], hasFrames: Bool = true) throws {
        guard !sizes.isEmpty else { throw VideoSizeError.none }
        var known: Set<VideoSize> = []
        (self.sizes, self.hasFrames) = (sizes.filter { known.insert($0).inserted }, hasFrames)
    }

    /// Sizes as users give them: those without frames get every one of `lengths`, or 1 where there are none.
    ///
    /// - Parameters:
    ///   - aspects: each of them stands for all sizes of about its area.
    ///   - selection: `full` takes up to 361 frames where none are given.
    /// Throws `VideoSizeError`.
    public init(
        _ given: [(width: Int, height: Int, frames: Int?)], lengths: [Int] = [], aspects: Bool = false,
        for selection: FrameSelection = FrameSelection()
    ) throws {
        let missing = selection.mode == .full ? [Self.lengths.last ?? 361] : [1]
        let sizes = try given.flatMap { size in
            try (size.frames.map { [$0] } ?? (lengths.isEmpty ? missing : lengths)).map { frames in
                let isUnfit = size.frames == nil && lengths.isEmpty && (size.width % 32 != 0 || size.height % 32 != 0)
                if isUnfit { throw VideoSizeError.unfit(width: size.width, height: size.height, frames: nil) }
                return try VideoSize(width: size.width, height: size.height, frames: frames)
            }
        }
        try self.init(
            aspects ? sizes.flatMap { try Self.aspects(of: $0) } : sizes,
            hasFrames: given.allSatisfy { $0.frames != nil } || !lengths.isEmpty)
    }

    /// `"768x448x89"`, `"768x448x89;512x512x49"`.
    public var description: String { sizes.map(\.description).joined(separator: ";") }
    /// The size with the fewest frames, for a sentence.
    var shortest: VideoSize { sizes.min { $0.frames < $1.frames } ?? sizes[0] }

    /// The size of which a clip fills most, or `nil` where it is too short for all.
    ///
    /// What counts is the share of the picture that stays when it is scaled to cover the size, times the share of the pictures that
    /// is seen; where that is the same, pixels that are not thrown away, and then the smaller size. Frames of an image are 1.
    ///
    /// - Parameters:
    ///   - width: pixels of the upright picture.
    ///   - count: pictures of the video, `nil` of an image.
    func choice(width: Int, height: Int, count: Int?, _ selection: FrameSelection) -> VideoSize? {
        let aspect = Double(width) / Double(max(1, height))
        var best: (size: VideoSize, share: Double, pixels: Double)?
        for size in sizes {
            let target = Double(size.width) / Double(size.height)
            let shown = min(aspect, target) / max(aspect, target)
            let seen = count.map { selection.share(of: $0, frames: size.frames) } ?? 1
            let share = (shown * seen * 1e6).rounded(), area = Double(size.width * size.height)
            let pixels = min(area, shown * Double(width * height))
            guard seen > 0 else { continue }
            guard let known = best else {
                best = (size, share, pixels)
                continue
            }
            let knownArea = Double(known.size.width * known.size.height)
            let isBetter =
                share != known.share
                ? share > known.share : pixels != known.pixels ? pixels > known.pixels : area < knownArea
            if isBetter { best = (size, share, pixels) }
        }
        return best?.size
    }

    /// Sizes of about one area for pictures of any shape, as musubi-tuner's aspect buckets in steps of 32 pixels: every
    /// width from half the square's side up to it with the height that the area leaves, and both ways round.
    static func aspects(of size: VideoSize) throws -> [VideoSize] {
        let area = size.width * size.height, side = Int(Double(area).squareRoot())
        var found: Set<VideoSize> = []
        for width in stride(from: max(32, side / 2 / 32 * 32), through: side + 31, by: 32) {
            let height = area / width / 32 * 32
            guard height > 0 else { continue }
            found.insert(try VideoSize(width: width, height: height, frames: size.frames))
            found.insert(try VideoSize(width: height, height: width, frames: size.frames))
        }
        return found.sorted { ($0.width, $0.height) < ($1.width, $1.height) }
    }

    /// The named sizes of the GUI fork, by the shape that its labels tell: FANG square, HENG wide, SHU high.
    public static let named: [(shape: String, width: Int, height: Int)] =
        [(320, 320), (384, 384), (416, 416), (512, 512), (640, 640), (768, 768), (1024, 1024)].map { ("FANG", $0, $1) }
        + [(480, 320), (640, 384), (768, 512), (704, 416), (768, 448), (960, 544), (1024, 576), (1280, 736)]
        .map { ("HENG", $0, $1) }
        + [(320, 480), (384, 640), (512, 768), (416, 704), (448, 768), (576, 1024), (736, 1280)].map { ("SHU", $0, $1) }
    /// Numbers of frames that people train with: the GUI fork's, and those of upstream's configurations.
    public static let lengths = [1, 9, 17, 25, 33, 49, 73, 89, 97, 121, 145, 169, 193, 241, 361]

    /// `"[HENG] 768x448"` and `"HENG 768x448x49"` without the label, which is kept to be right.
    ///
    /// Throws `VideoSizeError.shape` for a label that is of another shape.
    public static func withoutLabel(_ text: String) throws -> String {
        let parts = text.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        guard parts.count == 2 else { return text }
        let label = parts[0].filter { $0 != "[" && $0 != "]" }.uppercased()
        guard ["FANG", "HENG", "SHU"].contains(label) else { return text }
        let size = String(parts[1])
        guard let numbers = SizeText.numbers(size) else { return size }
        let shape = numbers[0] == numbers[1] ? "FANG" : numbers[0] > numbers[1] ? "HENG" : "SHU"
        guard shape == label else { throw VideoSizeError.shape(text, shape) }
        return size
    }
}
