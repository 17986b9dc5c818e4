import Base
import Media

// MARK: What clips are like

extension Clip {
    /// What the clip is like to look at and to hear: measured on first use, and kept beside the dataset for as long as the file is
    /// the same. Throws as `media()`, and `Cancelled`.
    public func measures(monitor: Monitor = Monitor()) throws -> VideoMeasures {
        try store.measures.measures(of: readableMedia(), monitor)
    }
    /// The same where it has been measured before; looks at no picture.
    public var knownMeasures: VideoMeasures? { isInside ? store.measures.known(path) : nil }
}

extension Dataset {
    /// Measures every clip. One that cannot be read is left out and named; with `strict` it is an error. Throws `Cancelled`, and the
    /// reason where no clip can be read; what is measured stays known.
    @discardableResult
    public func measure(
        strict: Bool = false, monitor: Monitor = Monitor()
    ) throws -> [(clip: Clip, measures: VideoMeasures)] {
        let files = try readable(strict: strict, monitor)
        let due = files.filter { $0.clip.knownMeasures == nil }
        var leftOut = LeftOut(), failed: Set<Int> = []
        if !due.isEmpty {
            let progress = FilesProgress("measuring", due.map { ($0.clip.name, $0.file.duration) }, "clips", monitor)
            for (index, item) in due.enumerated() {
                try monitor.checkpoint()
                progress.begin(index, done: index, of: due.count)
                do {
                    _ = try item.clip.measures(monitor: progress.monitor(index, done: index, of: due.count))
                } catch let error as any UserError where LeftOut.isOfOneFile(error, item.clip.path) {
                    failed.insert(item.clip.id)
                    leftOut.add(error)
                }
            }
            progress.finish(done: due.count, of: due.count)
        }
        try leftOut.settle(strict: strict, rest: files.count - failed.count, monitor)
        return try files.filter { !failed.contains($0.clip.id) }.map {
            ($0.clip, try $0.clip.measures(monitor: monitor))
        }
    }

    /// The clips by what they are like, most first or least; those that cannot be measured come last. Throws as `measure`.
    public func ranked(
        by field: ClipField, leastFirst: Bool = false, strict: Bool = false, monitor: Monitor = Monitor()
    ) throws -> Dataset {
        try measure(strict: strict, monitor: monitor)
        return sorted(by: field, isReversed: !leastFirst)
    }

    /// Two clips that show nearly the same.
    public struct Likeness: Sendable, Equatable {
        /// Places in the dataset, from 1.
        public let first: Int, second: Int
        /// Their names.
        public let names: [String]
        /// Bits of 64 that differ, on average over the pictures: 0 for the same.
        public let distance: Double
    }
    /// Pairs of clips that show nearly the same, whatever their size and compression, also where one is a part of the other: by a
    /// perceptual hash of two pictures a second, the most alike first. Throws as `measure`.
    ///
    /// - Parameter bits: how many of 64 may differ on average.
    public func duplicates(
        within bits: Double = 6, strict: Bool = false, monitor: Monitor = Monitor()
    ) throws -> [Likeness] {
        let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0 + 1) })
        let found = try measure(strict: strict, monitor: monitor)
        var pairs: [Likeness] = []
        for (index, one) in found.enumerated() {
            try monitor.checkpoint()
            for other in found[(index + 1)...] {
                // Of pictures without any shape the hash tells nothing.
                guard abs(one.measures.brightness - other.measures.brightness) <= 24 else { continue }
                let distance = one.measures.distance(to: other.measures)
                guard distance <= bits, let first = places[one.clip.id], let second = places[other.clip.id] else {
                    continue
                }
                pairs.append(
                    Likeness(
                        first: first, second: second, names: [one.clip.name, other.clip.name], distance: distance))
            }
        }
        return pairs.sorted { ($0.distance, $0.first, $0.second) < ($1.distance, $1.first, $1.second) }
    }
}
