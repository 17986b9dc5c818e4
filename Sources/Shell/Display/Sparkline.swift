/// A series as one line of block characters.
enum Sparkline {
    /// At most `width` characters; longer series are averaged by bins. Values that are not finite are blanks. Without Unicode
    /// the heights are `_.-=*#`.
    static func text(_ values: [Double], width: Int, unicode: Bool = true) -> String {
        let series = bins(values, count: width)
        let finite = series.filter(\.isFinite)
        guard let low = finite.min(), let high = finite.max() else {
            return String(repeating: " ", count: series.count)
        }
        let blocks = Array(unicode ? "▁▂▃▄▅▆▇█" : "_.-=*#")
        return String(
            series.map { value -> Character in
                guard value.isFinite else { return " " }
                guard high > low else { return blocks[blocks.count / 2] }
                return blocks[min(blocks.count - 1, Int((value - low) / (high - low) * Double(blocks.count)))]
            })
    }

    /// The series reduced to at most `count` means of its finite values.
    static func bins(_ values: [Double], count: Int) -> [Double] {
        let count = max(1, count)
        guard values.count > count else { return values }
        return (0..<count).map { bin in
            let part = values[(bin * values.count / count)..<((bin + 1) * values.count / count)].filter(\.isFinite)
            return part.isEmpty ? .nan : part.reduce(0, +) / Double(part.count)
        }
    }
}
