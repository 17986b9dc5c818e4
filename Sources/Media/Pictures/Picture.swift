import CMedia

/// A canvas of RGB pixels to compose contact sheets and plots on. Drawing outside of it is cut off.
public struct Picture: Sendable, Equatable {
    /// A colour, 0…255 a channel.
    public struct Color: Sendable, Hashable {
        /// The channels.
        public let red: UInt8, green: UInt8, blue: UInt8
        /// A colour out of its channels.
        public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
            (self.red, self.green, self.blue) = (red, green, blue)
        }
        /// A colour as `0xRRGGBB`.
        public init(_ hex: Int) {
            self.init(UInt8(hex >> 16 & 255), UInt8(hex >> 8 & 255), UInt8(hex & 255))
        }
        public static let white = Color(0xFFFFFF), black = Color(0x000000), grey = Color(0x808080)
    }

    /// Pixels across and down.
    public let width: Int, height: Int
    /// Packed RGB rows.
    public private(set) var pixels: [UInt8]

    /// A canvas of one colour. Sides below 1 become 1.
    public init(width: Int, height: Int, _ color: Color = .white) {
        (self.width, self.height) = (max(1, width), max(1, height))
        pixels = [UInt8](unsafeUninitializedCapacity: self.width * self.height * 3) { buffer, count in
            for place in stride(from: 0, to: buffer.count, by: 3) {
                (buffer[place], buffer[place + 1], buffer[place + 2]) = (color.red, color.green, color.blue)
            }
            count = buffer.count
        }
    }
    /// A frame as a canvas; grey becomes RGB.
    public init(_ frame: Frame) {
        (width, height) = (frame.width, frame.height)
        pixels = frame.channels == 3 ? frame.pixels : frame.pixels.flatMap { [$0, $0, $0] }
    }
    /// The canvas as a frame, for the writers.
    public var frame: Frame { Frame(width: width, height: height, pixels: pixels) }

    /// Frames side by side with a narrow gap, each as high as the first.
    public init(strip frames: [Frame], gap: Int = 4) {
        let height = frames.first?.height ?? 1
        let parts = frames.map { frame in
            let width = max(1, frame.width * height / max(1, frame.height))
            return Picture(frame.height == height ? frame : frame.resized(width: width, height: height))
        }
        self.init(width: parts.reduce(-gap) { $0 + $1.width + gap }, height: height, .black)
        var left = 0
        for part in parts {
            draw(part, x: left, y: 0)
            left += part.width + gap
        }
    }

    // MARK: Drawing

    /// Fills a rectangle.
    public mutating func fill(x: Int, y: Int, width: Int, height: Int, _ color: Color) {
        let columns = max(0, x)..<max(max(0, x), min(self.width, x + width))
        for row in max(0, y)..<max(max(0, y), min(self.height, y + height)) {
            for column in columns { set(column, row, color) }
        }
    }
    /// Draws another picture with its upper left corner at a place.
    public mutating func draw(_ picture: Picture, x: Int, y: Int) {
        let first = max(0, -x), last = min(picture.width, width - x)
        guard first < last else { return }
        for row in max(0, -y)..<max(max(0, -y), min(picture.height, height - y)) {
            let from = (row * picture.width + first) * 3, to = ((y + row) * width + x + first) * 3
            pixels.replaceSubrange(
                to..<(to + (last - first) * 3), with: picture.pixels[from..<(from + (last - first) * 3)])
        }
    }
    /// Draws a line of a width in pixels.
    public mutating func line(
        from a: (x: Double, y: Double), to b: (x: Double, y: Double), width: Int = 1, _ color: Color
    ) {
        guard a.x.isFinite, a.y.isFinite, b.x.isFinite, b.y.isFinite else { return }
        let steps = min(max(abs(b.x - a.x), abs(b.y - a.y)).rounded(.up), 100_000)
        for step in 0...Int(max(1, steps)) {
            let t = Double(step) / max(1, steps)
            let x = a.x + (b.x - a.x) * t, y = a.y + (b.y - a.y) * t
            guard abs(x) < 1e6, abs(y) < 1e6 else { continue }
            let left = Int(x.rounded()) - width / 2, top = Int(y.rounded()) - width / 2
            fill(x: left, y: top, width: width, height: width, color)
        }
    }
    /// Writes one line of text with its upper left corner at a place. Returns its width in pixels.
    ///
    /// - Parameters:
    ///   - size: the font's em in pixels.
    ///   - room: pixels that it may take across; what is longer ends in an ellipsis.
    @discardableResult public mutating func text(
        _ text: String, x: Int, y: Int, size: Double = 12, isBold: Bool = false, room: Int? = nil, _ color: Color
    ) -> Int {
        let mask = TextMask(text, size: size, isBold: isBold, room: room)
        guard mask.coverage.count == mask.width * mask.height else { return mask.width }
        for row in max(0, -y)..<max(max(0, -y), min(mask.height, height - y)) {
            for column in max(0, -x)..<max(max(0, -x), min(mask.width, width - x)) {
                let share = Int(mask.coverage[row * mask.width + column])
                if share > 0 { blend(x + column, y + row, color, share) }
            }
        }
        return mask.width
    }
    /// Pixels that a line of text takes across and down.
    public static func size(of text: String, size: Double = 12, isBold: Bool = false) -> (width: Int, height: Int) {
        let mask = TextMask(text, size: size, isBold: isBold)
        return (mask.width, mask.height)
    }

    private mutating func blend(_ x: Int, _ y: Int, _ color: Color, _ share: Int) {
        let at = (y * width + x) * 3
        for (channel, value) in [color.red, color.green, color.blue].enumerated() {
            let old = Int(pixels[at + channel])
            pixels[at + channel] = UInt8(old + ((Int(value) - old) * share + (value > old ? 127 : -127)) / 255)
        }
    }
    private mutating func set(_ x: Int, _ y: Int, _ color: Color) {
        let at = (y * width + x) * 3
        (pixels[at], pixels[at + 1], pixels[at + 2]) = (color.red, color.green, color.blue)
    }
}
