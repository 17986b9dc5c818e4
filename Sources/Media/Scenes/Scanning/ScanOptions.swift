import Base

/// What decides the scores of a scan; another value means decoding again.
public struct ScanOptions: Sendable, Hashable {
    /// Pictures are scored at the source's size divided by this; `nil` for PySceneDetect's rule (the longer side
    /// becomes 256).
    public var downscale: Double?
    /// Score 1 of `frameSkip + 1` pictures.
    public var frameSkip = 0
    /// Where the scan starts: seconds from the first picture of the file, or the number of a picture.
    public var start = VideoTime.seconds(0)
    /// Pictures from here on are left out.
    public var end: VideoTime?
    /// How much is scanned, from the first picture of the scan on.
    public var duration: VideoTime?
    /// Bins of the histogram detector's histograms.
    public var bins = 128
    /// Side of the hash detector's hash.
    public var hashSize = 8
    /// 1/`lowpass` of the frequencies goes into the hash.
    public var lowpass = 2
    /// Also scores edges, for `SceneOptions.weights` with edges.
    public var edges = false
    /// Side of the square that edges are widened with, odd; `nil` for PySceneDetect's rule (by the scored size).
    public var kernelSize: Int?
    /// Leaves out pictures that nothing refers to between two that are alike: up to twice as fast, and the same cuts but
    /// for flashes between such pictures and for thresholds below about 12. Content and adaptive scores only. A file
    /// that does not split into closed groups of pictures is scanned exactly.
    public var fast = false

    /// The defaults of a PySceneDetect version: 0.7 has 128 bins and a hash of 8×8, 0.6 has 256 and 16×16.
    public init(_ version: SceneOptions.Version = .v07) {
        if version == .v06 { (bins, hashSize) = (256, 16) }
    }

    /// Throws `MediaError.option` for a value out of its range.
    public func validate() throws {
        func check(_ name: String, _ good: Bool, _ value: Any, _ allowed: String) throws {
            guard good else { throw MediaError.option(name: name, value: "\(value)", allowed: allowed) }
        }
        if let downscale { try check("downscale", (1...256).contains(downscale), downscale, "from 1 to 256") }
        try check("frame_skip", (0...10_000).contains(frameSkip), frameSkip, "from 0 to 10000")
        try check("start", start.isUsable, start, "0 or more seconds or frames")
        if let end { try check("end", end.isUsable && end.isAfter(start), end, "after 'start' (\(start))") }
        if let duration { try check("duration", duration.isAfter(.seconds(0)), duration, "above 0") }
        try check("bins", (2...256).contains(bins), bins, "from 2 to 256")
        try check("size", (2...32).contains(hashSize), hashSize, "from 2 to 32")
        if let kernelSize {
            let isOdd = kernelSize % 2 == 1
            try check("kernel_size", (3...255).contains(kernelSize) && isOdd, kernelSize, "odd, from 3 to 255")
        }
        try check("lowpass", (1...16).contains(lowpass), lowpass, "from 1 to 16")
    }

    /// The whole video is scanned from its first picture on.
    var startsAtBeginning: Bool { [.seconds(0), .frames(0)].contains(start) }
    /// Whether a picture comes before the scan starts.
    func isEarly(_ picture: (number: Int, seconds: Double)) -> Bool { !start.isReached(by: picture) }
    /// Whether the scan is over before a picture; `first` is the one that it started with.
    func isOver(before picture: (number: Int, seconds: Double), since first: (number: Int, seconds: Double)?) -> Bool {
        if end?.isReached(by: picture) == true { return true }
        guard let first else { return false }
        return duration?.isReached(by: (picture.number - first.number, picture.seconds - first.seconds)) == true
    }

    /// The size at which a picture is scored.
    func size(width: Int, height: Int) -> (width: Int, height: Int) {
        let longer = max(width, height)
        let factor = downscale ?? (longer < 256 ? 1 : Double(longer) / 256)
        guard factor > 1 else { return (width, height) }
        func scaled(_ side: Int) -> Int { max(1, Int((Double(side) / factor).rounded(.toNearestOrEven))) }
        return (scaled(width), scaled(height))
    }
}

extension VideoTime {
    fileprivate var isUsable: Bool {
        switch self {
        case .frames(let count): count >= 0
        case .seconds(let seconds): seconds.isFinite && seconds >= 0
        }
    }
    /// False only where both are of one kind and this is not the later one.
    fileprivate func isAfter(_ other: VideoTime) -> Bool {
        switch (self, other) {
        case (.frames(let mine), .frames(let other)): mine > other
        case (.seconds(let mine), .seconds(let other)): mine > other
        case (.frames(let mine), .seconds(0)): mine > 0
        case (.frames, .seconds), (.seconds, .frames): true
        }
    }
    /// Whether a picture lies here or later.
    fileprivate func isReached(by picture: (number: Int, seconds: Double)) -> Bool {
        switch self {
        case .frames(let count): picture.number >= count
        case .seconds(let seconds): picture.seconds >= seconds - 1e-9
        }
    }
}
