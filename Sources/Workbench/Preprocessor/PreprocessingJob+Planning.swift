import Base
import Media

// MARK: What is to be made

extension PreprocessingJob {
    /// Looks into every file down to its first picture, before anything is made: what cannot be read is named at once.
    func lookIntoFiles(_ monitor: Monitor) throws {
        var leftOut = LeftOut()
        let paths = clips.map(\.clip.path) + clips.compactMap { references[$0.stem] }
        for path in paths where unreadable[path] == nil {
            try monitor.checkpoint()
            do { _ = try files.readable(path) } catch let error as any UserError where LeftOut.isOfOneFile(error, path)
            {
                unreadable[path] = error
                leftOut.add(error)
            }
        }
        let rest = clips.count { unreadable[$0.clip.path] == nil }
        try leftOut.settle(strict: options.isStrict, rest: rest, monitor)
    }

    /// Gives each clip its size and its pictures. Clips that are too short are left out and named; throws when all are.
    func plan(_ monitor: Monitor) throws {
        let rules = options.rules
        for source in clips {
            try monitor.checkpoint()
            let path = source.clip.path
            if let error = unreadable[path] {
                unused.unreadable(error)
                continue
            }
            do {
                let file = try files.file(path)
                let region = rules.cropsBars ? try measures.measures(of: file, monitor).picture : nil
                guard let plan = try ClipPlan(file, rules, region: region, monitor) else {
                    unused.short(file)
                    let least = rules.sizes.shortest.frames
                    monitor.note("'\(path)' is shorter than \(counted(least, "frame")); left out")
                    continue
                }
                items += plan.stretches.map { stretch in
                    let isMany = rules.selection.isMany && !file.isImage
                    return Item(
                        source: source, file: file, plan: plan, stretch: stretch,
                        name: source.stem + (isMany ? ClipPlan.suffix(stretch) : ""))
                }
            } catch let error as any UserError where LeftOut.isOfOneFile(error, path) && !options.isStrict {
                unreadable[path] = error
                unused.unreadable(error)
                monitor.note("\(error); left out")
            }
        }
        if items.isEmpty, let error = unused.error(rules.sizes.shortest) { throw error }
        var names: [String: String] = [:]
        for item in items {
            guard let other = names.updateValue(item.source.clip.mediaPath, forKey: item.name) else { continue }
            throw PreprocessorError.sameName(folder, ["'\(other)' and '\(item.source.clip.mediaPath)'"])
        }
    }

    /// Clips that a pass cannot use.
    struct Unused {
        private var longest: (name: String, frames: Int)?, first: (any UserError)?

        mutating func short(_ file: VideoFile) {
            // The header may promise more than there is; it is only to say what would do.
            let frames = file.frames.value
            if longest == nil || frames > longest?.frames ?? 0 { longest = (Path.name(file.path), frames) }
        }
        mutating func unreadable(_ error: any UserError) { first = first ?? error }
        /// For a pass that can use none.
        func error(_ size: VideoSize) -> (any UserError)? {
            longest.map { PreprocessorError.tooShort(clip: $0.name, frames: $0.frames, wanted: size) } ?? first
        }
    }
}
