/// One scene: pictures from `start` up to, and without, `end`.
public struct Scene: Sendable, Hashable {
    /// Picture numbers in decode order, counted from 0 at the start of the file.
    public let startFrame: Int, endFrame: Int
    /// The same in ticks of the video stream, exact.
    public let startTimestamp: Int64, endTimestamp: Int64
    /// The same in seconds from the first picture.
    public let start: Double, end: Double
    /// It ends where the scanned part of the video ends.
    public let isLast: Bool

    /// Pictures in the scene.
    public var frames: Int { endFrame - startFrame }
    /// Seconds.
    public var duration: Double { end - start }
}
