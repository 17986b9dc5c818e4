/// A part of a picture, in pixels from the upper left.
public struct PictureRegion: Sendable, Hashable, CustomStringConvertible {
    /// Pixels left of it and above it.
    public let left: Int, top: Int
    /// Pixels across and down.
    public let width: Int, height: Int

    /// A part.
    public init(left: Int, top: Int, width: Int, height: Int) {
        (self.left, self.top, self.width, self.height) = (left, top, width, height)
    }
    /// `"1280x544+0+88"`.
    public var description: String { "\(width)x\(height)+\(left)+\(top)" }
}

extension Frame {
    /// A part of the picture; what lies outside is left out.
    public func part(_ region: PictureRegion) -> Frame {
        let left = min(max(0, region.left), width), top = min(max(0, region.top), height)
        let width = max(0, min(region.width, self.width - left)), height = max(0, min(region.height, self.height - top))
        if (width, height) == (self.width, self.height) { return self }
        var out: [UInt8] = []
        out.reserveCapacity(width * height * channels)
        for row in top..<(top + height) {
            let start = (row * self.width + left) * channels
            out += pixels[start..<(start + width * channels)]
        }
        return Frame(width: width, height: height, channels: channels, pixels: out, time: time, index: index)
    }
}
