import CMedia
import Glibc

/// An embedded ICC profile of three curves and a matrix (Display P3, Adobe RGB, ProPhoto…), as a conversion to sRGB.
///
/// Format: ICC.1:2010. Profiles built on tables (scanners, CMYK) are not converted: the picture stays as stored.
struct ColorProfile: Sendable {
    /// Device value 0…255 → linear light, one row a channel.
    private let curves: [Float]
    /// Linear device RGB → linear sRGB, by rows.
    private let matrix: [Float]
    /// False when the profile is sRGB itself, near enough that no value would change by more than one step.
    private let changes: Bool

    func apply(to pixels: inout [UInt8]) {
        guard changes else { return }
        pixels.withUnsafeMutableBufferPointer { cm_apply_profile($0.baseAddress, $0.count / 3, curves, matrix) }
    }

    /// `nil` when the block is malformed or of another kind.
    init?(_ block: [UInt8]) {
        func number(_ at: Int, _ count: Int = 4) -> Int? {
            guard at >= 0, at + count <= block.count else { return nil }
            return block[at..<(at + count)].reduce(0) { $0 << 8 | Int($1) }
        }
        func fixed(_ at: Int) -> Double? { number(at).map { Double(Int32(truncatingIfNeeded: $0)) / 65536 } }
        guard block.count >= 132, block[16..<20].elementsEqual("RGB ".utf8), let count = number(128), count <= 256
        else { return nil }
        var tags: [String: Int] = [:]
        for tag in 0..<count {
            let at = 132 + tag * 12
            guard let offset = number(at + 4) else { return nil }
            tags[String(decoding: block[at..<(at + 4)], as: UTF8.self)] = offset
        }
        func column(_ name: String) -> [Double]? {
            guard let at = tags[name], let x = fixed(at + 8), let y = fixed(at + 12), let z = fixed(at + 16)
            else { return nil }
            return [x, y, z]
        }
        func curve(_ name: String) -> [Double]? {
            guard let at = tags[name], at >= 0, at + 12 <= block.count else { return nil }
            let kind = String(decoding: block[at..<(at + 4)], as: UTF8.self)
            if kind == "curv", let count = number(at + 8), count <= 65536 {
                if count == 0 { return (0...255).map { Double($0) / 255 } }
                if count == 1, let gamma = number(at + 12, 2) {
                    return (0...255).map { pow(Double($0) / 255, Double(gamma) / 256) }
                }
                let table = (0..<count).compactMap { number(at + 12 + 2 * $0, 2).map { Double($0) / 65535 } }
                guard table.count == count else { return nil }
                return (0...255).map {
                    let place = Double($0) / 255 * Double(count - 1), low = Int(place)
                    return table[low] + (table[min(low + 1, count - 1)] - table[low]) * (place - Double(low))
                }
            }
            guard kind == "para", let function = number(at + 8, 2), function <= 4 else { return nil }
            let p = (0..<[1, 3, 4, 5, 7][function]).compactMap { fixed(at + 12 + 4 * $0) }
            guard p.count == [1, 3, 4, 5, 7][function] else { return nil }
            let g = p[0], a = function > 0 ? p[1] : 1, b = function > 0 ? p[2] : 0
            return (0...255).map {
                let x = Double($0) / 255
                switch function {
                case 0: return pow(x, g)
                case 1: return x >= -b / a ? pow(a * x + b, g) : 0
                case 2: return x >= -b / a ? pow(a * x + b, g) + p[3] : p[3]
                case 3: return x >= p[4] ? pow(a * x + b, g) : p[3] * x
                default: return x >= p[4] ? pow(a * x + b, g) + p[5] : p[3] * x + p[6]
                }
            }
        }
        guard let r = column("rXYZ"), let g = column("gXYZ"), let b = column("bXYZ"),
            let red = curve("rTRC"), let green = curve("gTRC"), let blue = curve("bTRC")
        else { return nil }
        // XYZ (D50) → linear sRGB: the inverse of sRGB's own profile.
        let inverse = [
            [3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540],
            [0.0719453, -0.2289914, 1.4052427],
        ]
        let rows = inverse.map { row in
            [r, g, b].map { column in row[0] * column[0] + row[1] * column[1] + row[2] * column[2] }
        }
        let all = (red + green + blue).map { Float($0.isFinite ? min(max($0, 0), 1) : 0) }
        let flat = rows.flatMap { $0 }.map { Float($0.isFinite ? $0 : 0) }
        (curves, matrix) = (all, flat)
        let near = zip(flat, [1, 0, 0, 0, 1, 0, 0, 0, 1] as [Float]).allSatisfy { abs($0 - $1) < 0.01 }
        let sameCurve = (0..<256).allSatisfy { step in
            let x = Double(step) / 255, linear = x <= 0.04045 ? x / 12.92 : pow((x + 0.055) / 1.055, 2.4)
            return (0..<3).allSatisfy { abs(Double(all[$0 * 256 + step]) - linear) < 0.004 }
        }
        changes = !near || !sameCurve
    }
}
