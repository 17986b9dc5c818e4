/// "Did you mean": the nearest of the known names.
public enum Suggestion {
    /// The known name nearest to `name`, when it is near enough to be a slip of the fingers.
    public static func nearest(to name: String, in known: some Sequence<String>) -> String? {
        // The distance takes time with the product of the lengths, and no long text is a slip of the fingers.
        guard name.utf8.count <= 128 else { return nil }
        // One edit makes any other name of a name this short: only the same letters in another order or case are a slip.
        if name.count <= 2 {
            let letters = name.lowercased()
            return name.count < 2
                ? nil
                : known.filter { $0 != name && [letters, String(letters.reversed())].contains($0.lowercased()) }.min()
        }
        let limit = max(1, name.count / 3)
        let ranked = known.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
        guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
        return best.distance <= limit ? best.name : nil
    }

    /// `" (did you mean 'x'?)"`, or nothing.
    public static func hint(for name: String, in known: some Sequence<String>) -> String {
        nearest(to: name, in: known).map { " (did you mean '\($0)'?)" } ?? ""
    }

    /// Edits between two strings, a swap of neighbours counting as one (optimal string alignment).
    public static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a), b = Array(b)
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var before: [Int] = [], previous = Array(0...b.count)
        for i in 1...a.count {
            var row = [i]
            for j in 1...b.count {
                var cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, before[j - 2] + 1) }
                row.append(cost)
            }
            (before, previous) = (previous, row)
        }
        return previous[b.count]
    }
}
