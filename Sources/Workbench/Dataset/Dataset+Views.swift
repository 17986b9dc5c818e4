import Base

// MARK: Views

extension Dataset {
    /// The clips from place `first` to `last`, counted from 1, negative from the end; what does not exist is left out.
    public func slice(_ first: Int, _ last: Int = -1) -> Dataset {
        let ids = ids
        let from = max(1, first < 0 ? ids.count + first + 1 : first)
        let to = min(ids.count, last < 0 ? ids.count + last + 1 : last)
        return Dataset(store, from <= to ? Array(ids[(from - 1)...(to - 1)]) : [])
    }
    /// The clips that a test holds for.
    public func filter(_ isIncluded: (Clip) throws -> Bool) rethrows -> Dataset {
        Dataset(store, try clips.filter(isIncluded).map(\.id))
    }
    /// The clips in another order; equal ones stay as they were.
    public func sorted(by precedes: (Clip, Clip) throws -> Bool) rethrows -> Dataset {
        Dataset(store, try clips.sorted(by: precedes).map(\.id))
    }
    /// The clips in an order that the seed decides (Fisher–Yates over SplitMix64).
    public func shuffled(seed: Int) -> Dataset {
        var generator = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
        return Dataset(store, ids.shuffled(using: &generator))
    }
    /// The clips with a caption.
    public func captioned() -> Dataset { Dataset(store, clips.filter(\.isCaptioned).map(\.id)) }
    /// The clips without a caption.
    public func uncaptioned() -> Dataset { Dataset(store, clips.filter { !$0.isCaptioned }.map(\.id)) }
    /// The clips whose caption or name a test holds for.
    public func find(_ matches: (String) throws -> Bool) rethrows -> Dataset {
        let found = try entries.filter { _, entry in
            if let caption = entry.caption, try matches(caption) { return true }
            return try matches(Path.name(entry.mediaPath))
        }
        return Dataset(store, found.map(\.id))
    }
}
