/// One picture: packed 8-bit samples, rows from the top without padding, upright.
public struct Frame: Sendable, Equatable {
    /// Pixels across and down.
    public let width: Int, height: Int
    /// 3 for RGB (sRGB-like), 1 for grey.
    public let channels: Int
    /// `height × width × channels` bytes.
    public var pixels: [UInt8]
    /// Seconds from the video's first picture; 0 for an image.
    public var time: Double
    /// Place in the order of showing, counted from 0 at the start of the file; from 0 at the asked time after a seek.
    public var index: Int

    /// A picture out of its bytes. The caller keeps `pixels.count == width * height * channels`.
    public init(width: Int, height: Int, channels: Int = 3, pixels: [UInt8], time: Double = 0, index: Int = 0) {
        precondition(pixels.count == width * height * channels, "a frame's bytes must fit its size")
        (self.width, self.height, self.channels) = (width, height, channels)
        (self.pixels, self.time, self.index) = (pixels, time, index)
    }
}
