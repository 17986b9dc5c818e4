import Foundation

/// A picture as a terminal with pixels would show it, out of what was sent to it. Independent of what drew it: the protocols as kitty's
/// and DEC's manuals have them, as far as single pictures go.
struct PixelScreen {
    let width: Int, height: Int
    private var pixels: [[UInt8]]

    /// The colour at a place, shares of the width and height.
    func color(_ x: Double, _ y: Double) -> [UInt8] { pixels[Int(y * Double(height)) * width + Int(x * Double(width))] }

    /// Kitty's graphics: `ESC _ G keys ; base64 ESC \`, RGBA (f=32) or RGB (f=24), in several pieces (m=1).
    init?(kitty output: [UInt8]) {
        var data: [UInt8] = [], keys: [String: String] = [:]
        for piece in Self.strings(output, from: "\u{1B}_G") {
            let parts = piece.split(separator: UInt8(ascii: ";"), maxSplits: 1, omittingEmptySubsequences: false)
            for pair in String(decoding: parts[0], as: UTF8.self).split(separator: ",") {
                let sides = pair.split(separator: "=").map(String.init)
                if sides.count == 2, keys[sides[0]] == nil { keys[sides[0]] = sides[1] }
            }
            if parts.count == 2, let bytes = Data(base64Encoded: Data(parts[1])) { data += bytes }
        }
        guard keys["a"] == "T", let size = keys["f"].flatMap({ Int($0) }), [24, 32].contains(size),
            let width = keys["s"].flatMap({ Int($0) }), let height = keys["v"].flatMap({ Int($0) }),
            data.count == width * height * size / 8
        else { return nil }
        (self.width, self.height) = (width, height)
        pixels = stride(from: 0, to: data.count, by: size / 8).map { Array(data[$0..<($0 + 3)]) }
    }

    /// Sixel: `ESC P … q " aspect ; aspect ; width ; height`, colours in percent, six rows a band.
    init?(sixel output: [UInt8]) {
        guard let picture = Self.strings(output, from: "\u{1B}P").first,
            let q = picture.firstIndex(of: UInt8(ascii: "q"))
        else { return nil }
        var at = q + 1
        func numbers() -> [Int] {
            var found: [Int] = [], value = 0
            while at < picture.endIndex, (0x30...0x39).contains(picture[at]) || picture[at] == UInt8(ascii: ";") {
                if picture[at] == UInt8(ascii: ";") {
                    found.append(value)
                    value = 0
                } else {
                    value = value * 10 + Int(picture[at] - 0x30)
                }
                at += 1
            }
            return found + [value]
        }
        guard at < picture.endIndex, picture[at] == UInt8(ascii: "\"") else { return nil }
        at += 1
        let raster = numbers()
        guard raster.count == 4 else { return nil }
        (width, height) = (raster[2], raster[3])
        pixels = [[UInt8]](repeating: [0, 0, 0], count: width * height)
        var palette: [Int: [UInt8]] = [:], color = 0, x = 0, y = 0
        while at < picture.endIndex {
            let byte = picture[at]
            at += 1
            switch byte {
            case UInt8(ascii: "#"):
                let values = numbers()
                color = values[0]
                if values.count == 5 { palette[color] = values[2...].map { UInt8(clamping: $0 * 255 / 100) } }
            case UInt8(ascii: "$"): x = 0
            case UInt8(ascii: "-"): (x, y) = (0, y + 6)
            case UInt8(ascii: "!"):
                let count = numbers()[0]
                guard at < picture.endIndex else { return nil }
                put(picture[at], count, palette[color], &x, y)
                at += 1
            default: put(byte, 1, palette[color], &x, y)
            }
        }
    }
    private mutating func put(_ byte: UInt8, _ count: Int, _ color: [UInt8]?, _ x: inout Int, _ y: Int) {
        guard (63..<127).contains(byte) else { return }
        for _ in 0..<count {
            for bit in 0..<6 where (byte - 63) >> bit & 1 == 1 && x < width && y + bit < height {
                pixels[(y + bit) * width + x] = color ?? [255, 0, 255]
            }
            x += 1
        }
    }

    /// The strings that begin so and end in `ESC \`.
    private static func strings(_ output: [UInt8], from begin: String) -> [ArraySlice<UInt8>] {
        var found: [ArraySlice<UInt8>] = [], rest = output[...]
        while let start = rest.firstRange(of: Array(begin.utf8)) {
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: Array("\u{1B}\\".utf8)) else { break }
            found.append(rest[..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        return found
    }
}
