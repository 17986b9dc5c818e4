import Base

/// The size of a video: pixels and frames.
public struct VideoDimensions: Sendable, Equatable, CustomStringConvertible {
    /// Width and height in pixels, and the number of frames.
    public var width: Int, height: Int, frames: Int

    /// A size in pixels and frames.
    public init(width: Int, height: Int, frames: Int) {
        (self.width, self.height, self.frames) = (width, height, frames)
    }

    /// `"768x448x89"`: width, height, frames. `nil` for any other text.
    public init?(_ text: String) {
        guard let parts = SizeText.numbers(text), parts.count == 3 else { return nil }
        self.init(width: parts[0], height: parts[1], frames: parts[2])
    }

    /// `"768x448x89"`.
    public var description: String { "\(width)x\(height)x\(frames)" }
}
