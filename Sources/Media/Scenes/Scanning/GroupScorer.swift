import CMedia

/// Decodes groups of packets and scores their pictures. One thread at a time.
///
/// `@unchecked Sendable`: made by one thread, handed to another, used by that one alone.
final class GroupScorer: @unchecked Sendable {
    let decoder: PacketGroupDecoder, scorer: PictureScorer
    private let isFast: Bool

    /// Throws `ParallelScan.NotPossible` or `MediaError`.
    init(_ stream: UnsafeMutablePointer<AVStream>, _ file: VideoFile, _ options: ScanOptions) throws {
        decoder = try PacketGroupDecoder(stream, inOrder: !options.fast)
        scorer = try PictureScorer(file, options)
        isFast = options.fast
    }

    /// The scores of a group. `goOn` is told of each packet; when it is false the scores so far are returned, incomplete.
    ///
    /// Throws `ParallelScan.NotPossible` or `MediaError`.
    func scores(_ group: PacketGroup, _ goOn: () -> Bool) throws -> GroupScores {
        var scores = isFast ? try fast(group, goOn) : try exact(group, goOn)
        guard scores.isComplete else { return scores }
        // One decoder for the whole file would have given other pictures where one is missing or out of its turn.
        let times = scores.timestamps
        guard times == group.times.sorted(), zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw ParallelScan.NotPossible()
        }
        let durations = Dictionary(group.packets.map { ($0.packet.pointee.pts, $0.packet.pointee.duration) }) { $1 }
        scores.durations = times.map { max(0, durations[$0] ?? 0) }
        return scores
    }

    /// Every picture.
    private func exact(_ group: PacketGroup, _ goOn: () -> Bool) throws -> GroupScores {
        var result = GroupScores(number: group.number)
        func take(_ frame: UnsafeMutablePointer<AVFrame>) throws {
            guard frame.pointee.best_effort_timestamp != group.borrowed else { return }
            result.append([frame.pointee.best_effort_timestamp], try scorer.describe(frame), scorer)
        }
        for (packet, _) in group.packets {
            guard goOn() else { return result }
            try decoder.send(packet, take)
        }
        try decoder.send(nil, take)
        result.isComplete = true
        return result
    }
}
