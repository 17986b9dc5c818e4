import Base
import CMedia

/// How fast and how long a video is: what its headers say where that can be, what its packets say otherwise.
struct VideoTiming: Sendable {
    /// Pictures a second on average, and the rate of which all times are multiples.
    private(set) var average = Rational(1), real = Rational(1)
    /// Nothing tells a rate, and 25 was taken.
    private(set) var isRateGuessed = false
    /// The rate of the headers where it is not believed.
    private(set) var disbelieved: Rational?
    /// Pictures are not evenly spaced.
    private(set) var isVariable = false
    private(set) var frames = FrameCount(1, isExact: true), duration = 0.0
    private(set) var isEncrypted = false

    /// One picture that stands still.
    static let image = VideoTiming()
    private init() {}

    /// Reads a few packets; all of them, which takes as long as reading the file does, where the headers cannot be right.
    init(_ input: MediaInput, _ stream: UnsafeMutablePointer<AVStream>) {
        let index = takeHeaders(input, stream)
        var times = StreamTimes(input, stream)
        times.read(upTo: index == .whole ? 1 : 40)
        isEncrypted = times.isEncrypted
        let hasLength = frames.value > 0 && duration > 0 && index != .other
        if isEncrypted || hasLength && hasPlausibleRate(beside: times) { return }
        times.read()
        guard times.count > 0 else { return }
        let isRight = hasPlausibleRate(beside: times)
        if hasLength, isRight { return }
        frames = FrameCount(times.count, isExact: false)
        if !isRight { correctRate(times) }
        if times.areTelling {
            duration = times.duration
            // Where the rate is right, the headers know of jitter and of a rate that varies.
            if !isRight { isVariable = !times.isEven }
        } else if duration <= 0 {
            duration = Double(times.count) / average.value
        }
    }

    /// What a container's list of pictures is: all of them, so that a rate made of it is right of necessity; others than
    /// those that are shown, or only the first; or not there.
    private enum Index { case whole, other, none }

    private mutating func takeHeaders(_ input: MediaInput, _ stream: UnsafeMutablePointer<AVStream>) -> Index {
        let average = Rational(stream.pointee.avg_frame_rate), real = Rational(stream.pointee.r_frame_rate)
        let guess = Rational(av_guess_frame_rate(input.context, stream, nil))
        let known = [average, real, guess].first { $0.numerator > 0 && $0.value < 100_000 }
        (self.average, isRateGuessed) = (known ?? Rational(25), known == nil)
        self.real = real.numerator > 0 ? real : self.average

        let isIndexed = String(cString: input.context.pointee.iformat.pointee.name).contains("mp4")
        var spacingVaries: Int32 = 0, shown: Int32 = 0
        let indexed = Int(cm_index(stream, &shown, &spacingVaries))
        // An index that lists every picture tells; without one, two rates that differ by more than rounding do.
        let complete = stream.pointee.nb_frames == 0 || Int64(indexed) >= stream.pointee.nb_frames
        let listsAll = indexed > 2 && complete && isIndexed
        let apart = abs(self.real.value - self.average.value) > 0.02 * self.average.value
        isVariable = listsAll ? spacingVaries != 0 : apart

        let seconds = Self.seconds(input, stream)
        let told = seconds.isFinite && seconds > 0 && seconds < 1e8
        let estimate = told ? Int((seconds * self.average.value).rounded()) : 0
        // What an edit list leaves out (trimming without re-encoding writes one) is in the header's count, and decoded,
        // but never shown. The index of an mp4 has all that is there, and knows; only of fragments it may have the first.
        let isListed = isIndexed && shown > 0
        let isPartial = stream.pointee.nb_frames == 0 && Double(shown) < 0.95 * Double(estimate)
        let counted = isListed ? Int(shown) : max(0, Int(stream.pointee.nb_frames))
        let count = counted > 0 ? counted : Self.tag("NUMBER_OF_FRAMES", stream).flatMap { Int($0) } ?? estimate
        frames = FrameCount(max(count, 0), isExact: false)
        duration = told ? seconds : Double(count) / self.average.value
        return !isListed ? .none : isPartial || Int(shown) < indexed ? .other : .whole
    }
    /// How long the stream is, in seconds; that of the whole file, which may have longer sound, where nothing tells.
    private static func seconds(_ input: MediaInput, _ stream: UnsafeMutablePointer<AVStream>) -> Double {
        let none = cm_no_timestamp(), whole = input.context.pointee.duration
        if stream.pointee.duration != none {
            return Double(stream.pointee.duration) * Rational(stream.pointee.time_base).value
        }
        // Matroska's statistics: `00:00:10.333000000`.
        if let text = tag("DURATION", stream), case .seconds(let seconds) = VideoTime(parsing: text), seconds > 0 {
            return seconds
        }
        return whole != none ? Double(whole) / Double(AV_TIME_BASE) : 0
    }
    /// A tag of a stream; some writers put a language behind its name.
    private static func tag(_ name: String, _ stream: UnsafeMutablePointer<AVStream>) -> String? {
        for name in [name, name + "-eng"] {
            if let entry = av_dict_get(stream.pointee.metadata, name, nil, 0), let value = entry.pointee.value {
                return String(cString: value)
            }
        }
        return nil
    }

    /// Above this a rate is looked into: slow motion is rare, headers that count ticks are not.
    private static let mostUsual = 240.0

    /// Whether the rate can be right beside the times of some pictures. The first ones may lie otherwise than those of the
    /// whole file: then these are looked at, too.
    private func hasPlausibleRate(beside times: StreamTimes) -> Bool {
        guard !isRateGuessed else { return false }
        guard times.areTelling, times.count > 4 else { return average.value <= Self.mostUsual }
        return (0.95...1.05).contains(average.value / times.meanRate)
    }
    private mutating func correctRate(_ times: StreamTimes) {
        if !isRateGuessed { disbelieved = average }
        if times.areTelling {
            (average, isRateGuessed) = (times.rate, false)
            real = times.isEven ? average : real
        } else if real.value <= Self.mostUsual, !isRateGuessed {
            average = real
        } else {
            (average, real, isRateGuessed) = (Rational(25), Rational(25), true)
        }
    }
}
