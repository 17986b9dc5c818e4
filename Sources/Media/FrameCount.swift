/// How many pictures a video has, and how sure that is.
public struct FrameCount: Sendable, Hashable, CustomStringConvertible {
    /// Pictures; 0 when nothing tells.
    public let value: Int
    /// True when every picture was decoded and counted, or the file is an image. Otherwise the number is what the
    /// container says, or duration × rate.
    public let isExact: Bool

    /// A count, and whether it was counted.
    public init(_ value: Int, isExact: Bool) { (self.value, self.isExact) = (value, isExact) }
    /// `"250"`, `"~250"` when it is an estimate, `"?"` when nothing tells.
    public var description: String { isExact ? "\(value)" : value > 0 ? "~\(value)" : "?" }
    /// `"1 frame"`, `"~250 frames"`.
    public var inFrames: String { "\(self) \(value == 1 ? "frame" : "frames")" }
}
