/// The five detectors over stored scores. Sources: PySceneDetect's detectors, versions 0.6.5.2 and 0.7.2.
struct Detection {
    let scores: SceneScores, options: SceneOptions

    init(_ scores: SceneScores, _ options: SceneOptions) { (self.scores, self.options) = (scores, options) }

    func cuts() throws -> [Cut] {
        switch options.detector {
        case .content: content(try scores.content(weights: options.weights))
        case .adaptive: adaptive(try scores.content(weights: options.weights))
        case .threshold: fades()
        case .histogram: apart { 1 - scores.correlation[$0] >= options.effectiveThreshold }
        case .hash: apart { scores.hashDistance[$0] >= options.effectiveThreshold }
        }
    }

    /// The cut at a scored picture.
    private func cut(_ place: Int) -> Cut { Cut(frame: scores.frames[place], timestamp: scores.timestamps[place]) }

    /// Whether the shortest scene fits between two scored pictures.
    private func longEnough(_ from: Int, _ to: Int) -> Bool {
        let microseconds = scores.microseconds(scores.timestamps[to]) - scores.microseconds(scores.timestamps[from])
        switch (options.minSceneLength, options.version) {
        case (.frames(let least), .v06): return scores.frames[to] - scores.frames[from] >= least
        // 0.7 knows times alone: as many pictures as would be shown meanwhile on average.
        case (.frames(let least), .v07): return scores.pictures(in: Double(microseconds) / 1e6) >= least
        case (.seconds(let least), _): return Double(microseconds) / 1e6 >= least
        }
    }
    private var hasNoLeast: Bool {
        switch options.minSceneLength {
        case .frames(let least): least <= 0
        case .seconds(let least): least <= 0
        }
    }

    // MARK: Content

    /// Pictures above the threshold, through the flash filter.
    private func content(_ values: [Double]) -> [Cut] {
        let above = values.map { $0 >= options.effectiveThreshold }
        if hasNoLeast { return above.indices.filter { above[$0] }.map(cut) }
        var cuts: [Cut] = [], lastAbove = 0, mergeStart = 0
        var canMerge = false, isMerging = false
        for place in above.indices {
            let met = longEnough(lastAbove, place)
            if options.filterMode == .suppress {
                if above[place], met {
                    lastAbove = place
                    cuts.append(cut(place))
                }
                continue
            }
            if above[place] { lastAbove = place }
            if isMerging {
                if met, !above[place], longEnough(mergeStart, lastAbove) {
                    isMerging = false
                    cuts.append(cut(lastAbove))
                }
            } else if above[place] {
                if met {
                    canMerge = true
                    cuts.append(cut(place))
                } else if canMerge {
                    (isMerging, mergeStart) = (true, place)
                }
            }
        }
        return cuts
    }

    // MARK: Adaptive

    private func adaptive(_ values: [Double]) -> [Cut] {
        let width = options.windowWidth
        let ratios = scores.adaptiveRatio(values, width: width, minimum: options.minContentValue)
        guard values.count > 2 * width else { return [] }
        var cuts: [Cut] = [], last = 0
        for centre in width..<(values.count - width) {
            guard ratios[centre] >= options.effectiveThreshold, values[centre] >= options.minContentValue else {
                continue
            }
            // 0.6 measured from the last cut to the end of the window, 0.7 to its centre.
            guard longEnough(last, options.version == .v06 ? centre + width : centre) else { continue }
            last = centre
            cuts.append(cut(centre))
        }
        return cuts
    }

    // MARK: Fades

    private func fades() -> [Cut] {
        // 0.7 takes the threshold as a whole number.
        let threshold =
            options.version == .v06 ? options.effectiveThreshold : options.effectiveThreshold.rounded(.towardZero)
        func isOut(_ value: Double) -> Bool { options.fadeMethod == .floor ? value < threshold : value >= threshold }
        guard let first = scores.average.first else { return [] }
        var cuts: [Cut] = [], out = isOut(first), since = 0, last = 0
        for place in scores.average.indices.dropFirst() where isOut(scores.average[place]) != out {
            if out, longEnough(last, place) {
                cuts.append(between(since, place))
                last = place
            }
            (out, since) = (!out, place)
        }
        let end = scores.count - 1
        if out, options.addsFinalScene, end > 0, longEnough(last, end) { cuts.append(cut(since)) }
        return cuts
    }

    /// The cut between fade-out and fade-in that the bias asks for.
    private func between(_ out: Int, _ back: Int) -> Cut {
        func number(_ place: Int) -> Int {
            options.version == .v06 ? scores.frames[place] : scores.pictures(in: scores.time(place))
        }
        let (from, to) = (number(out), number(back))
        let length = Double(to - from)
        let frame =
            switch options.version {
            case .v06: (from + to + Int((options.fadeBias * length).rounded(.towardZero))) / 2
            case .v07: from + Int((length * (1 + options.fadeBias) / 2).rounded(.toNearestOrEven))
            }
        if number(out) == scores.frames[out], number(back) == scores.frames[back] {
            // The scored picture with that number, or the first after it when pictures were skipped.
            let place = (out...back).first { scores.frames[$0] >= frame } ?? back
            return Cut(frame: frame, timestamp: scores.timestamps[place])
        }
        // Of a varying rate there need not be a picture at that time: the nearest one.
        let time = Double(frame) / scores.rate.value
        let place = (out...back).min { abs(scores.time($0) - time) < abs(scores.time($1) - time) } ?? back
        return cut(place)
    }

    // MARK: Histogram and hash

    private func apart(_ isAbove: (Int) -> Bool) -> [Cut] {
        var cuts: [Cut] = []
        // 0.6's histogram detector took the first picture's number 0 for "none yet" and started at the second.
        var last = options.version == .v06 && options.detector == .histogram && scores.count > 1 ? 1 : 0
        for place in 0..<scores.count where place > 0 && isAbove(place) && longEnough(last, place) {
            cuts.append(cut(place))
            last = place
        }
        return cuts
    }
}
