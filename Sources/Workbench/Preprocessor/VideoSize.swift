import Base
import LTXVideo

/// The size that clips are brought to: width and height multiples of 32 pixels, frames 8·n + 1.
public struct VideoSize: Sendable, Hashable, CustomStringConvertible {
    public let width: Int, height: Int, frames: Int

    /// Throws `VideoSizeError` with the nearest size that would do.
    public init(width: Int, height: Int, frames: Int) throws {
        guard width > 0, height > 0, frames > 0, width % 32 == 0, height % 32 == 0, frames % 8 == 1 else {
            throw VideoSizeError.unfit(width: width, height: height, frames: frames)
        }
        (self.width, self.height, self.frames) = (width, height, frames)
    }
    /// `"768x448x89"`.
    public init(parsing text: String) throws {
        guard let parts = SizeText.numbers(text), parts.count == 3 else { throw VideoSizeError.unreadable(text) }
        try self.init(width: parts[0], height: parts[1], frames: parts[2])
    }

    /// In latent cells.
    public var grid: LatentGrid { LatentGrid(frames: (frames - 1) / 8 + 1, height: height / 32, width: width / 32) }
    /// What `init(parsing:)` reads: `"768x448x89"`.
    public var description: String { "\(width)x\(height)x\(frames)" }
}

/// A size that the model cannot take.
public enum VideoSizeError: UserError {
    case unreadable(String)
    /// `frames` nil: they were not given.
    case unfit(width: Int, height: Int, frames: Int?)
    /// A size for images with videos of these lengths.
    case framesMissing(VideoSize, [Int])
    /// No size was given.
    case none
    /// A label that is not that of the size's shape.
    case shape(String, String)

    /// See `UserError`.
    public var kind: String { "size.invalid" }
    /// See `UserError`.
    public var key: String? { "size" }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .unreadable(let text):
            "size '\(text)' cannot be read; write \"WIDTHxHEIGHTxFRAMES\", such as \"768x448x89\""
        case .unfit(let width, let height, let frames):
            "size \(width)x\(height)\(frames.map { "x\($0)" } ?? "") does not fit the model: "
                + "width and height must be multiples of 32, frames 8·n + 1; the nearest is "
                + "\"\(Self.near(width, 32, 0))x\(Self.near(height, 32, 0))x\(frames.map { Self.near($0, 8, 1) } ?? 25)\""
        case .none: "no size is given; write \"WIDTHxHEIGHTxFRAMES\", such as \"768x448x89\", or a list of them"
        case .shape(let text, let shape): "size '\(text)' is not what its label says: that shape is [\(shape)]"
        case .framesMissing(let size, let lengths):
            "frames are missing in size \"\(size.width)x\(size.height)\": "
                + "\"\(size.width)x\(size.height)x\(Self.frames(in: lengths))\"? "
                + "(\"\(size.width)x\(size.height)x1\" takes one picture of each video)"
        }
    }
    /// What every video fills but those that are too short for any; no more than people train with.
    private static func frames(in lengths: [Int]) -> Int {
        let shortest = lengths.filter { $0 >= 9 }.min() ?? 25
        return min(121, (shortest - 1) / 8 * 8 + 1)
    }
    private static func near(_ value: Int, _ unit: Int, _ rest: Int) -> Int {
        let least = rest == 0 ? unit : rest
        guard value > least, value < 1_000_000 else { return least }
        return max(least, (value - rest + unit / 2) / unit * unit + rest)
    }
}
