import CMedia

/// The scores of one group of packets, in the order in which its pictures are shown.
struct GroupScores: Sendable {
    let number: Int
    private(set) var timestamps: [Int64] = []
    /// Scores against the picture before; the first one's wait for the group before.
    private(set) var values: [cm_scores] = []
    private(set) var first: PictureSignature?, last: PictureSignature?
    /// Ticks that each picture lasts, 0 where the file does not tell.
    var durations: [Int64] = []
    /// False when the scan was stopped within the group.
    var isComplete = false

    init(number: Int) { self.number = number }

    /// Adds pictures that end with a scored one; those before it share the change with it evenly. Returns the change.
    @discardableResult
    mutating func append(
        _ times: ArraySlice<Int64>, _ signature: PictureSignature, _ scorer: PictureScorer
    ) -> cm_scores {
        let change = scorer.scores(last, signature), part = change.shared(by: times.count)
        for time in times {
            timestamps.append(time)
            values.append(part)
        }
        if first == nil { first = signature }
        last = signature
        return change
    }
}

extension cm_scores {
    /// The part of each of `count` pictures that make the change together.
    func shared(by count: Int) -> cm_scores {
        guard count > 1 else { return self }
        var part = self
        let share = 1 / Double(count)
        (part.hue, part.saturation, part.luma, part.edges) = (
            hue * share, saturation * share, luma * share, edges * share
        )
        return part
    }
    /// The larger of the content score with equal weights and the one of brightness alone.
    var change: Double { max((hue + saturation + luma) / 3, luma) }
}
