import CMedia
import Base
import Glibc

/// A scan that decodes several groups of packets at a time, each on one thread that also scores its pictures.
///
/// Threads of one decoder wait for each other, and the scorer for them; groups are independent, and a picture is scored
/// while it is still in the processor's cache. The pictures, and so the scores, are those of one decoder that reads the
/// file from its start: where that is not certain (groups that do not end, damage, missing timestamps) `NotPossible` is
/// thrown, at worst after most of the file was scanned.
struct ParallelScan {
    /// The file has to be scanned by one decoder.
    struct NotPossible: Error {}

    private let file: VideoFile, options: ScanOptions, workers: Int

    /// One a core; a group and a decoder's pictures are in memory for each.
    private static let workers = min(8, max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))

    init(_ file: VideoFile, _ options: ScanOptions, workers: Int = Self.workers) {
        (self.file, self.options, self.workers) = (file, options, workers)
    }

    /// Throws `NotPossible` or `MediaError`. On a stop: the scores up to the first picture that is missing.
    func run(_ monitor: Monitor?) throws -> SceneScores {
        guard options.frameSkip == 0, options.startsAtBeginning else { throw NotPossible() }
        let input = try MediaInput(file.path), stream = try input.videoStream()
        let crew = ScanCrew(try PacketGroupReader(input, workers: workers), workers, monitor)
        let origin = stream.pointee.start_time == cm_no_timestamp() ? 0 : stream.pointee.start_time
        let scorer = try PictureScorer(file, options)
        var joint = JointScores(
            SceneScores(
                options: options, rate: file.averageRate, timeBase: Rational(stream.pointee.time_base), origin: origin,
                width: scorer.width, height: scorer.height), scorer)

        let scorers = try (0..<workers).map { _ in try GroupScorer(stream, file, options) }
        let threads = scorers.map { scorer in WorkerThread { crew.work(scorer) } }
        defer {
            crew.stop()
            threads.forEach { $0.join() }
        }
        var done = 0
        let total = file.frames.value > 0 ? file.frames.value : nil
        while !joint.hasEnded, let message = try crew.messages.pop() {
            switch message {
            case .packet:
                done += 1
                if done % 8 == 0 { monitor?.report(Progress("scanning", done, of: total, "frames")) }
            case .group(let group): try joint.add(group)
            }
        }
        let scores = joint.complete(unless: monitor?.shouldStop == true)
        let all = scores.isComplete ? scores.endFrame : total
        monitor?.report(Progress("scanning", scores.endFrame, of: all, "frames"))
        return scores
    }
}
