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
        return best.distance <= limit ? best.name : withMoreWords(than: name, in: known)
    }

    /// The one known name that has all words of `name` in their order and others besides: `max_new_tokens` for `max_tokens`.
    private static func withMoreWords(than name: String, in known: some Sequence<String>) -> String? {
        func words(_ name: String) -> [Substring] {
            name.lowercased().split(whereSeparator: { !$0.isLetter && !$0.isNumber })
        }
        let wanted = words(name)
        guard !wanted.isEmpty else { return nil }
        let found = known.filter { candidate in
            var left = wanted[...]
            for word in words(candidate) where word == left.first { left.removeFirst() }
            return left.isEmpty && candidate != name
        }
        return found.count == 1 ? found[0] : nil
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
