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
    case unfit(width: Int, height: Int, frames: Int)

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
            "size \(width)x\(height)x\(frames) does not fit the model: "
                + "width and height must be multiples of 32, frames 8·n + 1; the nearest is "
                + "\"\(Self.near(width, 32, 0))x\(Self.near(height, 32, 0))x\(Self.near(frames, 8, 1))\""
        }
    }
    private static func near(_ value: Int, _ unit: Int, _ rest: Int) -> Int {
        let least = rest == 0 ? unit : rest
        guard value > least, value < 1_000_000 else { return least }
        return max(least, (value - rest + unit / 2) / unit * unit + rest)
    }
}
