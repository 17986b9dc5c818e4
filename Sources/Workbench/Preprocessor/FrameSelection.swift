/// Which pictures of a video are trained on, and as how many clips.
public struct FrameSelection: Sendable, Hashable {
    /// How pictures are chosen.
    public enum Mode: String, CaseIterable, Sendable {
        /// The first of them, as upstream does.
        case first
        /// As many as wanted, evenly spread from the first to the last; with `samples` so many stretches in a row, evenly spread.
        case uniform
        /// Stretch after stretch, without those at the end that fill none.
        case chunks
        /// Stretches that overlap: one begins every `stride` pictures.
        case sliding
        /// All of them, at most as many as wanted.
        case full
    }
    /// How pictures are chosen.
    public var mode: Mode
    /// Pictures between the beginnings of two stretches of `sliding`.
    public var stride: Int
    /// Stretches of `uniform`; nil spreads single pictures.
    public var samples: Int?

    /// The default is the reference's.
    public init(_ mode: Mode = .first, stride: Int = 8, samples: Int? = nil) {
        (self.mode, self.stride, self.samples) = (mode, max(1, stride), samples)
    }

    /// The pictures of one clip of training.
    struct Stretch: Hashable {
        /// Numbers of pictures in the video, ascending.
        let pictures: [Int]
        /// Seconds of the video that pass from one to the next, in units of those between two pictures of it.
        let step: Double

        init(_ start: Int, _ count: Int) { (pictures, step) = (Array(start..<start + count), 1) }
        init(_ pictures: [Int], step: Double) { (self.pictures, self.step) = (pictures, step) }
    }

    /// Whether a video may give several clips, which are then told apart by their names.
    var isMany: Bool { mode == .chunks || mode == .sliding || mode == .uniform && samples != nil }

    /// The clips of `frames` pictures of a video of `count`; none of one that is too short.
    func stretches(of count: Int, frames: Int) -> [Stretch] {
        let last = count - frames
        if mode == .full {
            let most = min(count, frames)
            return most > 0 ? [Stretch(0, (most - 1) / 8 * 8 + 1)] : []
        }
        guard last >= 0, frames > 0 else { return [] }
        switch mode {
        case .first, .full: return [Stretch(0, frames)]
        case .chunks: return Swift.stride(from: 0, through: last, by: frames).map { Stretch($0, frames) }
        case .sliding: return Swift.stride(from: 0, through: last, by: stride).map { Stretch($0, frames) }
        case .uniform:
            if let samples {
                let steps = max(1, samples - 1)
                var starts = (0..<max(1, samples)).map { last * $0 / steps }
                starts = starts.indices.filter { $0 == 0 || starts[$0] != starts[$0 - 1] }.map { starts[$0] }
                return starts.map { Stretch($0, frames) }
            }
            guard frames > 1 else { return [Stretch([(count - 1) / 2], step: 1)] }
            let step = Double(count - 1) / Double(frames - 1)
            return [Stretch((0..<frames).map { Int((Double($0) * step).rounded()) }, step: step)]
        }
    }
    /// The share of a video that is seen, 0…1.
    func share(of count: Int, frames: Int) -> Double {
        let stretches = stretches(of: count, frames: frames)
        guard !stretches.isEmpty, count > 0 else { return 0 }
        if mode == .uniform, samples == nil { return 1 }
        var seen = 0, end = 0
        for stretch in stretches {
            guard let first = stretch.pictures.first, let last = stretch.pictures.last else { continue }
            seen += max(0, last + 1 - max(end, first))
            end = max(end, last + 1)
        }
        return Double(seen) / Double(count)
    }
}
