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
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 3, let width = parts[0], let height = parts[1], let frames = parts[2] else { return nil }
        self.init(width: width, height: height, frames: frames)
    }

    /// `"768x448x89"`.
    public var description: String { "\(width)x\(height)x\(frames)" }
}
