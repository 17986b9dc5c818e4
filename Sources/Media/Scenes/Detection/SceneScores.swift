import CMedia
import Base

/// Per-picture scores of one video: everything that any detector needs. One entry a scored picture, in decode order.
public struct SceneScores: Sendable, Equatable {
    /// What the scan was asked.
    public let options: ScanOptions
    /// Pictures a second (the container's average).
    public let rate: Rational
    /// Seconds a tick of `timestamps`.
    public let timeBase: Rational
    /// The timestamp of the video's first picture.
    public let origin: Int64
    /// Pixels at which pictures were scored.
    public let width: Int, height: Int
    /// The picture's number in decode order, counted from 0 at the start of the file.
    public internal(set) var frames: [Int] = []
    /// When each picture starts, in ticks.
    public internal(set) var timestamps: [Int64] = []
    /// Mean absolute change of hue (0…179), saturation and brightness since the picture before; 0 for the first.
    public internal(set) var hue: [Double] = [], saturation: [Double] = [], luma: [Double] = []
    /// Change of edges, empty unless asked for.
    public internal(set) var edges: [Double] = []
    /// Mean of all red, green and blue values.
    public internal(set) var average: [Double] = []
    /// Correlation of the brightness histogram with the one before; 1 for the first.
    public internal(set) var correlation: [Double] = []
    /// Share of the hash's bits that differ from the one before; 0 for the first.
    public internal(set) var hashDistance: [Double] = []
    /// When the last scored picture ends, in ticks; with `endFrame` the end of the last scene.
    public internal(set) var endTimestamp: Int64 = 0
    /// One more than the last picture's number (with those skipped after it).
    public internal(set) var endFrame = 0
    /// False when the scan was stopped, or the end of the file did not decode.
    public internal(set) var isComplete = false
    /// Packets that did not decode.
    public internal(set) var damage = 0

    init(options: ScanOptions, rate: Rational, timeBase: Rational, origin: Int64, width: Int, height: Int) {
        (self.options, self.rate, self.timeBase, self.origin) = (options, rate, timeBase, origin)
        (self.width, self.height) = (width, height)
    }

    /// Adds a picture.
    mutating func append(_ values: cm_scores, frame: Int, timestamp: Int64) {
        frames.append(frame)
        // Times run forward even where a damaged file's do not.
        timestamps.append(max(timestamp, (timestamps.last ?? Int64.min / 2) + 1))
        hue.append(values.hue)
        saturation.append(values.saturation)
        luma.append(values.luma)
        if options.edges { edges.append(values.edges) }
        average.append(values.average)
        correlation.append(values.correlation)
        hashDistance.append(Double(values.hash) / Double(options.hashSize * options.hashSize))
    }

    /// Notes where the last scored picture ends; one that the file gives no duration lasts as long as the rate says.
    mutating func end(_ timestamp: Int64, frame: Int, lasting ticks: Int64) {
        let ticksAPicture = rate.value > 0 && timeBase.value > 0 ? 1 / (rate.value * timeBase.value) : 1
        endFrame = frame + 1
        let length = ticks > 0 ? ticks : max(1, Int64(min(ticksAPicture, 1e15).rounded()))
        endTimestamp = timestamp.addingReportingOverflow(length).partialValue
    }

    /// Scored pictures.
    public var count: Int { timestamps.count }
    /// Seconds from the first picture at a timestamp.
    public func seconds(_ timestamp: Int64) -> Double {
        Double(timestamp.subtractingReportingOverflow(origin).partialValue) * timeBase.value
    }
    /// The same in whole microseconds, as PySceneDetect 0.7 has it from OpenCV.
    func microseconds(_ timestamp: Int64) -> Int {
        Int(exactly: (seconds(timestamp) * 1e6).rounded(.toNearestOrEven)) ?? 0
    }
    /// When a scored picture starts, in seconds rounded to microseconds.
    func time(_ place: Int) -> Double { Double(microseconds(timestamps[place])) / 1e6 }
    /// How many pictures a time is worth at the average rate.
    func pictures(in seconds: Double) -> Int {
        Int(exactly: (seconds * rate.value).rounded(.toNearestOrEven)) ?? 0
    }
    /// When each picture starts, in seconds.
    public var times: [Double] { timestamps.map(seconds) }

    /// The content score of each picture: the weighted mean of its components (PySceneDetect's `content_val`).
    public func content(weights: [Double] = [1, 1, 1, 0]) throws -> [Double] {
        guard weights.count == 4 else {
            throw MediaError.option(name: "weights", value: "\(weights)", allowed: "four numbers")
        }
        guard weights[3] == 0 || edges.count == count else {
            throw MediaError.unsupported(path: nil, what: "these scores hold no edges; scan again with edges")
        }
        let sum = weights.reduce(0) { $0 + abs($1) }
        return (0..<count).map { place in
            let edge = weights[3] == 0 ? 0 : edges[place] * weights[3]
            return (hue[place] * weights[0] + saturation[place] * weights[1] + luma[place] * weights[2] + edge) / sum
        }
    }

    /// The adaptive detector's ratio for each picture, 0 where the window does not fit.
    public func adaptiveRatio(_ content: [Double], width: Int, minimum: Double) -> [Double] {
        var ratios = [Double](repeating: 0, count: content.count)
        guard content.count > 2 * width else { return ratios }
        for centre in width..<(content.count - width) {
            var sum = 0.0
            for place in (centre - width)...(centre + width) where place != centre { sum += content[place] }
            let mean = sum / (2 * Double(width))
            if abs(mean) >= 0.00001 {
                ratios[centre] = min(content[centre] / mean, 255)
            } else if content[centre] >= minimum {
                ratios[centre] = 255
            }
        }
        return ratios
    }

    /// The score that a detector compares with its threshold, one a picture, for plots and tables.
    public func series(_ options: SceneOptions) throws -> [Double] {
        switch options.detector {
        case .content: try content(weights: options.weights)
        case .adaptive:
            adaptiveRatio(
                try content(weights: options.weights), width: options.windowWidth, minimum: options.minContentValue)
        case .threshold: average
        case .histogram: correlation.map { 1 - $0 }
        case .hash: hashDistance
        }
    }
}
