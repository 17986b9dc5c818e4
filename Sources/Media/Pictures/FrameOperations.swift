import CMedia

// MARK: - Operations on frames: thumbnails, grey, edges

extension Frame {
    /// The frame at another size: area averages where it shrinks (as OpenCV's INTER_AREA), straight lines between pixels
    /// where it grows. Sides below 1 become 1.
    public func resized(width: Int, height: Int) -> Frame {
        let (width, height) = (max(1, width), max(1, height))
        if (width, height) == (self.width, self.height) { return self }
        let (smallWidth, smallHeight) = (min(width, self.width), min(height, self.height))
        var small = pixels
        if (smallWidth, smallHeight) != (self.width, self.height) {
            small = [UInt8](unsafeUninitializedCapacity: smallWidth * smallHeight * channels) { buffer, count in
                cm_area(
                    pixels, Int32(self.width), Int32(self.height), Int32(channels), Int32(smallWidth),
                    Int32(smallHeight),
                    buffer.baseAddress)
                count = smallWidth * smallHeight * channels
            }
        }
        if (smallWidth, smallHeight) != (width, height) {
            small = [UInt8](unsafeUninitializedCapacity: width * height * channels) { buffer, count in
                cm_enlarge(
                    small, Int32(smallWidth), Int32(smallHeight), Int32(channels), Int32(width), Int32(height),
                    buffer.baseAddress)
                count = width * height * channels
            }
        }
        return Frame(width: width, height: height, channels: channels, pixels: small, time: time, index: index)
    }
    /// The largest size of the same shape inside a box; never larger than the frame itself.
    public func fitted(width: Int, height: Int) -> Frame {
        let scale = min(1, Double(width) / Double(self.width), Double(height) / Double(self.height))
        return resized(
            width: Int((Double(self.width) * scale).rounded()), height: Int((Double(self.height) * scale).rounded()))
    }

    /// One channel, weighted as BT.601 does (OpenCV's COLOR_RGB2GRAY).
    public var grey: Frame {
        guard channels == 3 else { return self }
        let grey = [UInt8](unsafeUninitializedCapacity: width * height) { buffer, count in
            cm_grey(pixels, width * height, buffer.baseAddress)
            count = width * height
        }
        return Frame(width: width, height: height, channels: 1, pixels: grey, time: time, index: index)
    }

    /// White edges on black in three equal channels: Canny on the grey picture, as upstream makes the reference videos of
    /// an IC-LoRA (`cv2.Canny(grey, 100, 200)`).
    public func edges(low: Int = 100, high: Int = 200) -> Frame {
        let grey = grey
        let edges = [UInt8](unsafeUninitializedCapacity: width * height) { buffer, count in
            let code = cm_canny(
                grey.pixels, Int32(width), Int32(height), Int32(clamping: low), Int32(clamping: high),
                buffer.baseAddress)
            if code != 0 { buffer.initialize(repeating: 0) }
            count = width * height
        }
        return Frame(
            width: width, height: height, pixels: edges.flatMap { [$0, $0, $0] }, time: time, index: index)
    }
}
