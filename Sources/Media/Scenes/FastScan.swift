import CMedia
import Foundations

/// The fast scan of `ScanOptions.fast`.
///
/// First only the pictures that carry the others are decoded, without the deblocking filter, and scored against each
/// other. Where two neighbours differ like a likely cut, the pictures between them are decoded too and scored one by
/// one. The result has a score for every picture: inside quiet stretches the change of their ends is shared out evenly.
struct FastScan {
    private let file: VideoFile, options: ScanOptions

    /// A stretch is looked at closely when its ends differ by this much (about half of the lowest threshold in use) and
    /// by clearly more than those of its neighbours do: a cut inside it shows in the ends, since what follows it stays,
    /// while steady motion shows in all of them.
    private static let suspicious = 8.0, standsOut = 1.4

    init(_ file: VideoFile, _ options: ScanOptions) { (self.file, self.options) = (file, options) }

    private struct Stretch {
        let from: Int64, to: Int64
        /// The change between its ends, and the pictures from one to the other.
        var values = cm_scores(), length = 0, last = 0
    }

    func run(_ monitor: Monitor?) throws -> SceneScores {
        guard options.frameSkip == 0, options.start == 0 else {
            throw MediaError.option(name: "fast", value: "true", allowed: "false together with 'frame_skip' or 'start'")
        }
        // The packets tell when every picture is, without decoding.
        let times = try presentationTimes()
        guard times.count > 1 else { return try exact(monitor) }

        let decoder = try VideoDecoder(file.path, effort: .references)
        let scorer = try PictureScorer(file, options)
        var scores = SceneScores(
            options: options, rate: file.averageRate, timeBase: decoder.timeBase, origin: decoder.origin,
            width: scorer.width, height: scorer.height)
        var place: [Int64: Int] = [:]
        for (number, time) in times.enumerated() {
            if let end = options.end, decoder.seconds(time) >= end - 1e-9 { break }
            place[time] = number
            scores.append(cm_scores(), frame: number, timestamp: time)
        }
        var stretches: [Stretch] = [], before: Int64?
        let source = PictureStream(decoder)
        defer { source.stop() }
        while let picture = try source.next() {
            guard let number = place[picture.timestamp] else { continue }
            let values = try scorer.score(picture)
            if let from = before, let first = place[from], number > first {
                stretches.append(
                    Stretch(from: from, to: picture.timestamp, values: values, length: number - first, last: number))
            }
            before = picture.timestamp
            if monitor?.shouldStop == true { return scores }
            if stretches.count % 8 == 0 {
                monitor?.report(Progress("scanning", number, of: times.count, "frames"))
            }
        }
        scores.damage = source.damage
        for stretch in stretches {
            for number in (stretch.last - stretch.length + 1)...stretch.last {
                scores.set(stretch.values, at: number, share: stretch.length)
            }
        }
        try refine(Self.likely(stretches), place, &scores, monitor)
        scores.isComplete = monitor?.shouldStop != true
        scores.endFrame = scores.count
        scores.endTimestamp = (scores.timestamps.last ?? 0) + decoder.ticksAFrame(file.averageRate)
        return scores
    }

    private func exact(_ monitor: Monitor?) throws -> SceneScores {
        var options = options
        options.fast = false
        return try SceneScanner.scan(file, options, monitor)
    }

    /// The stretches that may hide a cut.
    private static func likely(_ stretches: [Stretch]) -> [Stretch] {
        stretches.indices.filter { place in
            let here = stretches[place].values.content
            guard stretches[place].length > 1, here >= suspicious else { return false }
            let around = [place - 1, place + 1].filter(stretches.indices.contains).map { stretches[$0].values.content }
            return here >= standsOut * around.reduce(0, +) / Double(max(1, around.count))
        }.map { stretches[$0] }
    }

    /// Stretches that follow on each other are one.
    private static func joined(_ stretches: [Stretch]) -> [Stretch] {
        stretches.reduce(into: []) { all, next in
            if let last = all.last, last.to == next.from {
                all[all.count - 1] = Stretch(from: last.from, to: next.to)
            } else {
                all.append(next)
            }
        }
    }

    /// Scores every picture of the stretches.
    private func refine(_ stretches: [Stretch], _ place: [Int64: Int], _ scores: inout SceneScores, _ monitor: Monitor?)
        throws
    {
        guard !stretches.isEmpty else { return }
        let decoder = try VideoDecoder(file.path, effort: .references)
        let scorer = try PictureScorer(file, options)
        for stretch in Self.joined(stretches) {
            if monitor?.shouldStop == true { return }
            decoder.wanted = stretch.from...stretch.to
            // Packets are fed ahead of the pictures that come out: back to a key frame.
            if !decoder.seek(to: stretch.from) { try decoder.seek(before: decoder.seconds(stretch.from)) }
            var isFirst = true
            scorer.reset()
            while let picture = try decoder.next() {
                guard let time = decoder.timestamp(picture), time >= stretch.from else { continue }
                if monitor?.shouldStop == true { return }
                let decoded = DecodedPicture(picture, frame: place[time] ?? 0, timestamp: time)
                let values = try scorer.score(decoded)
                if !isFirst, let number = place[time] { scores.set(values, at: number) }
                isFirst = false
                if time >= stretch.to { break }
            }
        }
    }

    /// When each picture is shown, in order, out of the packets.
    private func presentationTimes() throws -> [Int64] {
        let input = try MediaInput(file.path)
        let stream = try input.videoStream()
        for other in input.streams where other.pointee.index != stream.pointee.index {
            other.pointee.discard = AVDISCARD_ALL
        }
        var packet = av_packet_alloc(), times: [Int64] = []
        defer { av_packet_free(&packet) }
        while let packet, av_read_frame(input.context, packet) >= 0 {
            defer { av_packet_unref(packet) }
            guard packet.pointee.stream_index == stream.pointee.index else { continue }
            if packet.pointee.pts == cm_no_timestamp() { return [] }  // then only decoding tells
            if packet.pointee.flags & AV_PKT_FLAG_DISCARD == 0 { times.append(packet.pointee.pts) }
        }
        return Array(Set(times)).sorted()
    }
}

extension cm_scores {
    /// The content score with equal weights.
    fileprivate var content: Double { (hue + saturation + luma) / 3 }
}

extension SceneScores {
    /// Sets the scores of a picture; `share` pictures share the change evenly.
    fileprivate mutating func set(_ values: cm_scores, at place: Int, share: Int = 1) {
        let part = 1 / Double(share)
        (hue[place], saturation[place]) = (values.hue * part, values.saturation * part)
        luma[place] = values.luma * part
        if options.edges { edges[place] = values.edges * part }
        average[place] = values.average
        correlation[place] = values.correlation
        hashDistance[place] = Double(values.hash) / Double(options.hashSize * options.hashSize)
    }
}
