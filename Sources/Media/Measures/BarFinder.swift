import CMedia

/// Black bars above, below, left and right of a picture: rows and columns that are black in every picture that is not black as
/// a whole.
struct BarFinder {
    /// Pictures looked at.
    private(set) var looked = 0
    private var times: [Double] = []
    private var edges: Edges?

    /// How many rows and columns are black.
    private struct Edges {
        var left: Int, top: Int, right: Int, bottom: Int

        func smaller(_ other: Edges) -> Edges {
            Edges(
                left: min(left, other.left), top: min(top, other.top), right: min(right, other.right),
                bottom: min(bottom, other.bottom))
        }
    }

    /// Looks at a grey picture of the video.
    mutating func look(at grey: Frame) {
        looked += 1
        guard let found = Self.edges(grey) else { return }
        edges = edges?.smaller(found) ?? found
        times.append(grey.time)
    }

    /// The picture inside the bars, to the pixel, with even sides as video wants them; `nil` where there are none. Bars take at
    /// least a fiftieth of a side together, and leave at least a third of it. Throws `MediaError`.
    func picture(of file: VideoFile) throws -> PictureRegion? {
        guard let edges, edges.left + edges.top + edges.right + edges.bottom > 0 else { return nil }
        // At the size at which they were looked at an edge is not sharp.
        var exact: Edges?
        for place in stride(from: 0, to: times.count, by: max(1, times.count / 6)) {
            guard let found = Self.edges(try file.frame(at: times[place]).grey) else { continue }
            exact = exact?.smaller(found) ?? found
        }
        guard let exact else { return nil }
        let across = Self.part(exact.left, exact.right, of: file.width)
        let down = Self.part(exact.top, exact.bottom, of: file.height)
        guard across.count < file.width || down.count < file.height else { return nil }
        return PictureRegion(left: across.start, top: down.start, width: across.count, height: down.count)
    }

    /// Where the picture begins on one side, and how long it is.
    private static func part(_ before: Int, _ after: Int, of side: Int) -> (start: Int, count: Int) {
        let start = (before + 1) / 2 * 2, count = (side - start - after) / 2 * 2
        return (before + after) * 50 >= side && count * 3 >= side ? (start, count) : (0, side)
    }

    /// `nil` for a picture that is black nearly everywhere and tells nothing.
    private static func edges(_ grey: Frame) -> Edges? {
        guard grey.mean > 8 else { return nil }
        let (width, height) = (grey.width, grey.height)
        func isBlack(_ pixels: some Sequence<UInt8>, _ count: Int) -> Bool {
            var sum = 0, most = 0
            for pixel in pixels {
                sum += Int(pixel)
                most = max(most, Int(pixel))
            }
            return sum <= 10 * count && most <= 40
        }
        func row(_ y: Int) -> Bool { isBlack(grey.pixels[(y * width)..<(y * width + width)], width) }
        func column(_ x: Int) -> Bool {
            isBlack(stride(from: x, to: width * height, by: width).lazy.map { grey.pixels[$0] }, height)
        }
        let top = (0..<height).first { !row($0) } ?? 0, bottom = (0..<height).last { !row($0) } ?? height - 1
        let left = (0..<width).first { !column($0) } ?? 0, right = (0..<width).last { !column($0) } ?? width - 1
        return Edges(left: left, top: top, right: width - 1 - right, bottom: height - 1 - bottom)
    }
}
