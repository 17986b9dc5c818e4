import CMedia

/// The fast scan of a group of packets, of `ScanOptions.fast`.
///
/// A coded video sends a picture that others refer to before those that lie between it and the one before it. So when a
/// picture comes that nothing refers to, the pictures around it are mostly known already: where they are alike, it is
/// left out. Nothing is lost for the others, so every picture that is decoded is exact, and so is its score where its
/// neighbour was decoded as well.
struct FastGroup {
    private enum State { case coming, leftOut, known(PictureSignature) }

    private let scorer: PictureScorer
    /// When pictures are shown, in order; their places in here are their numbers.
    private let times: [Int64]
    private let numbers: [Int64: Int]
    private var states: [State]
    private(set) var result: GroupScores
    /// Pictures before this one are in the result, up to the last known one.
    private var settled = 0, firstOpen = 0
    /// The last two pictures that were compared, and whether they are alike.
    private var compared: (below: Int, above: Int, alike: Bool)?

    /// Pictures are alike up to this change of the content score or of brightness alone: a cut between two pictures shows
    /// in them, since what follows it stays. Less than the lowest threshold in common use, 15: movement may cancel part of
    /// a change.
    private static let mostChange = 12.0
    /// Between pictures further apart than this anything may happen.
    private static let mostDistance = 16
    /// What flickers is alike every other picture: of so many pictures one is looked at in any case. Where two changes in
    /// a row are seen, everything is, for so long.
    private static let probeEvery = 16, busyFor = 24, inARow = 4
    private var lastSeen = 0, lastChange = Int.min / 2, busyUntil = 0

    /// Throws `ParallelScan.NotPossible`.
    init(_ group: PacketGroup, _ scorer: PictureScorer) throws {
        times = group.times.sorted()
        numbers = Dictionary(times.enumerated().map { ($1, $0) }) { first, _ in first }
        guard numbers.count == times.count else { throw ParallelScan.NotPossible() }
        (self.scorer, result) = (scorer, GroupScores(number: group.number))
        states = Array(repeating: .coming, count: times.count)
    }

    /// Whether a picture may be left out. Known: the pictures around it are alike.
    mutating func canLeaveOut(_ time: Int64) -> Bool {
        guard let number = numbers[time], number >= busyUntil, let (below, before) = known(below: number),
            let (above, after) = known(above: number), above - below <= Self.mostDistance
        else { return false }
        if number == below + 1, number - lastSeen >= Self.probeEvery { return false }
        if let compared, (compared.below, compared.above) == (below, above) { return compared.alike }
        let alike = scorer.scores(before, after).change < Self.mostChange
        compared = (below, above, alike)
        return alike
    }
    private func known(below number: Int) -> (Int, PictureSignature)? {
        for place in stride(from: number - 1, through: firstOpen, by: -1) {
            if case .known(let signature) = states[place] { return (place, signature) }
        }
        return result.last.map { (firstOpen - 1, $0) }
    }
    private func known(above number: Int) -> (Int, PictureSignature)? {
        for place in states.indices.dropFirst(number + 1).prefix(Self.mostDistance) {
            if case .known(let signature) = states[place] { return (place, signature) }
        }
        return nil
    }

    mutating func leaveOut(_ time: Int64) { settle(time, .leftOut) }
    mutating func add(_ time: Int64, _ signature: PictureSignature) { settle(time, .known(signature)) }

    /// Notes what became of a picture, and moves on over all of which that is known.
    private mutating func settle(_ time: Int64, _ state: State) {
        guard let number = numbers[time] else { return }
        states[number] = state
        while settled < states.count {
            if case .coming = states[settled] { return }
            if case .known(let signature) = states[settled] {
                let change = result.append(times[firstOpen...settled], signature, scorer).change
                note(change, at: settled, isNeighbour: firstOpen == settled)
                states[settled] = .leftOut  // its signature is `result.last` now, and goes with it
                firstOpen = settled + 1
            }
            settled += 1
        }
    }
    private mutating func note(_ change: Double, at number: Int, isNeighbour: Bool) {
        if isNeighbour { lastSeen = number }
        guard change >= Self.mostChange else { return }
        if number - lastChange <= Self.inARow { busyUntil = number + Self.busyFor }
        lastChange = number
    }
    /// True when every picture is in the result.
    var isComplete: Bool { firstOpen == times.count }
}

extension GroupScorer {
    /// The pictures that others refer to, and those between two that are not alike.
    func fast(_ group: PacketGroup, _ goOn: () -> Bool) throws -> GroupScores {
        func has(_ units: Int32, _ flag: Int) -> Bool { units & Int32(flag) != 0 }
        var pictures = try FastGroup(group, scorer)
        let isLayered = group.packets.contains { has($0.units, cm_units_layered) }
        // Pictures are taken where the decoder writes them, which is not where a cropped one begins.
        func check(_ frame: UnsafeMutablePointer<AVFrame>) throws {
            guard cm_begins_at_buffer(frame) != 0 else { throw ParallelScan.NotPossible() }
        }
        for (packet, units) in group.packets {
            guard goOn() else { return pictures.result }
            let time = packet.pointee.pts, isShown = group.counts(packet)
            let dispensable = !isLayered && has(units, cm_units_dispensable)
            if isShown, dispensable, pictures.canLeaveOut(time) {
                pictures.leaveOut(time)
                continue
            }
            av_frame_unref(decoder.latest)
            try decoder.send(packet, check)
            guard isShown else { continue }
            guard decoder.latest.pointee.pts == time, decoder.latest.pointee.width > 0 else {
                throw ParallelScan.NotPossible()
            }
            pictures.add(time, try scorer.describe(decoder.latest))
        }
        try decoder.send(nil, check)
        guard pictures.isComplete else { throw ParallelScan.NotPossible() }
        var result = pictures.result
        result.isComplete = true
        return result
    }
}
