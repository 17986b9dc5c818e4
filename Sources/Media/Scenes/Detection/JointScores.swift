import CMedia

/// Puts the scores of groups together as they come, in the order of the file.
struct JointScores {
    private var scores: SceneScores
    private let scorer: PictureScorer
    private var waiting: [Int: GroupScores] = [:], next = 0
    private var before: PictureSignature?, lastDuration: Int64 = 0
    /// No more pictures belong to the scan: its end was reached, or a group was not completed.
    private(set) var hasEnded = false
    private var isCut = false

    init(_ scores: SceneScores, _ scorer: PictureScorer) { (self.scores, self.scorer) = (scores, scorer) }

    /// Throws `ParallelScan.NotPossible` where times do not run forward from one group to the next.
    mutating func add(_ group: GroupScores) throws {
        waiting[group.number] = group
        while !hasEnded, let group = waiting.removeValue(forKey: next) {
            try append(group)
            next += 1
        }
    }

    private mutating func append(_ group: GroupScores) throws {
        for (place, time) in group.timestamps.enumerated() {
            let first = scores.timestamps.first.map { (number: 0, seconds: scores.seconds($0)) }
            if scores.options.isOver(before: (scores.count, scores.seconds(time)), since: first) {
                hasEnded = true
                return
            }
            guard scores.timestamps.last.map({ $0 < time }) ?? true else { throw ParallelScan.NotPossible() }
            let isFirst = place == 0
            let values = isFirst ? group.first.map { scorer.scores(before, $0) } : group.values[place]
            scores.append(values ?? group.values[place], frame: scores.count, timestamp: time)
            lastDuration = place < group.durations.count ? group.durations[place] : 0
        }
        before = group.last
        if !group.isComplete { (hasEnded, isCut) = (true, true) }
    }

    /// The scores with their end; incomplete after a stop.
    func complete(unless isStopped: Bool) -> SceneScores {
        var scores = scores
        scores.isComplete = !isStopped && !isCut
        if let last = scores.timestamps.last { scores.end(last, frame: scores.count - 1, lasting: lastDuration) }
        return scores
    }
}
