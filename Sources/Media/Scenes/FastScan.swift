import CMedia
import Foundations

/// The fast scan of `ScanOptions.fast`.
///
/// First only the pictures that others refer to are decoded, without the deblocking filter, and scored against each
/// other. Where two neighbours differ like a likely cut, the pictures between them are decoded in full and scored one by
/// one. The result has a score for every picture: those inside quiet stretches are 0.
struct FastScan {
    private let file: VideoFile, options: ScanOptions

    /// A stretch is looked at closely when its ends differ by this much: half of the lowest threshold in use. Content
    /// scores of neighbours inside a stretch can hardly exceed the score of its ends by more than that.
    private static let suspicious = 8.0

    init(_ file: VideoFile, _ options: ScanOptions) { (self.file, self.options) = (file, options) }

    private struct Stretch {
        let from: Int64, to: Int64
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
            if let from = before {
                if number - (place[from] ?? number) == 1 {
                    scores.set(values, at: number)
                } else if values.content >= Self.suspicious {
                    stretches.append(Stretch(from: from, to: picture.timestamp))
                }
            }
            before = picture.timestamp
            if number % 64 == 0 {
                if monitor?.shouldStop == true { return scores }
                monitor?.report(Progress("scanning", number, of: times.count, "frames"))
            }
        }
        scores.damage = source.damage
        try refine(stretches, place, &scores, monitor)
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

    /// Scores every picture of the stretches.
    private func refine(_ stretches: [Stretch], _ place: [Int64: Int], _ scores: inout SceneScores, _ monitor: Monitor?)
        throws
    {
        guard !stretches.isEmpty else { return }
        let decoder = try VideoDecoder(file.path, effort: .unfiltered)
        let scorer = try PictureScorer(file, options)
        var at = Int64.min
        for stretch in stretches {
            if monitor?.shouldStop == true { return }
            // Seek unless decoding is already on its way to here.
            let ahead = decoder.seconds(stretch.from) - (at == .min ? -1e9 : decoder.seconds(at))
            if at > stretch.from || ahead > 2 { try decoder.seek(before: decoder.seconds(stretch.from)) }
            scorer.reset()
            var isFirst = true
            while let picture = try decoder.next() {
                guard let time = decoder.timestamp(picture) else { continue }
                at = time
                if time < stretch.from {
                    // Pictures that nothing refers to are passed over until close to the stretch.
                    continue
                }
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
    fileprivate mutating func set(_ values: cm_scores, at place: Int) {
        (hue[place], saturation[place], luma[place]) = (values.hue, values.saturation, values.luma)
        if options.edges { edges[place] = values.edges }
        average[place] = values.average
        correlation[place] = values.correlation
        hashDistance[place] = Double(values.hash) / Double(options.hashSize * options.hashSize)
    }
}
