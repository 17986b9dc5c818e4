import Base
import Media

/// Looks a dataset over for everything that would go wrong later.
struct DatasetCheck {
    let dataset: Dataset
    /// Frames that the training asks for.
    let frames: Int
    /// Decode every video to its end and count.
    let isDeep: Bool
    let monitor: Monitor

    /// Stops with the whole, without a progress line of its own for each clip.
    private var quiet: Monitor { Monitor(poll: { [monitor] in monitor.shouldStop }) }

    func run() throws -> [DatasetFinding] {
        let clips = dataset.clips
        var found: [DatasetFinding] = []
        var byStem: [String: String] = [:], kinds: Set<Bool> = []
        let limit = CaptionLimit.known(), trigger = dataset.trigger
        for (index, clip) in clips.enumerated() {
            try monitor.checkpoint()
            monitor.report(Progress("checking", index, of: clips.count, "clips"))
            let path = clip.mediaPath
            func report(_ kind: DatasetFinding.Kind, _ message: String) {
                found.append(DatasetFinding(kind: kind, number: index + 1, name: path, message: message))
            }
            guard clip.isInside else {
                report(.outside, "the path leaves the dataset's folder; it will not be opened")
                continue
            }
            let stem = Path.join(Path.folder(path), Path.stem(path))
            if let other = byStem.updateValue(path, forKey: stem) {
                report(
                    .duplicate,
                    other == path
                        ? "listed twice"
                        : "has the name of '\(other)' but for its extension: fix{names=true} renames it")
            }
            if !clip.isCaptioned { report(.uncaptioned, clip.captionProblem ?? "no caption") }
            if let excess = clip.caption.flatMap({ limit?.excess(Trigger.apply(trigger, to: $0)) }) {
                report(.long, "the caption \(excess)")
            }
            if let reference = clip.reference, !Files.exists(Path.join(dataset.folder, reference)) {
                report(.reference, "the reference '\(reference)' is not there")
            }
            kinds.insert(clip.isImage)
            guard clip.bytes != nil else {
                report(.missing, "the file is not there")
                continue
            }
            if let better = SafeName.proposal(for: clip.name) { report(.name, "a safer name is '\(better)'") }
            try look(into: clip, report)
        }
        monitor.report(Progress("checking", clips.count, of: clips.count, "clips"))
        if kinds.count > 1 {
            found.append(
                DatasetFinding(
                    kind: .notice, number: nil, name: Path.name(dataset.path), message: "videos and images together"))
        }
        if !dataset.isView { found += try orphans(clips) }
        return found
    }

    private func look(into clip: Clip, _ report: (DatasetFinding.Kind, String) -> Void) throws {
        do {
            let file = try clip.media()
            if file.isImage {
                if isDeep { for remark in try file.imageRemarks() { report(.notice, remark) } }
                return
            }
            let (count, damage) = isDeep ? try file.readToEnd(quiet) : (file.frames, 0)
            // A count that the container does not hold is an estimate from its duration.
            let slack = file.frames.isExact ? 0 : max(2, file.frames.value / 20)
            if isDeep, abs(count.value - file.frames.value) > slack {
                report(.unreadable, "the header says \(file.frames) frames, \(count.value) can be read")
            }
            if damage > 0 {
                let parts = damage == 1 ? "1 part" : "\(damage) parts"
                report(.damaged, "\(parts) of it cannot be decoded; re-encode or leave it out")
            }
            if count.value < frames {
                report(.short, "\(count) \(count.value == 1 ? "frame" : "frames") where \(frames) are asked for")
            }
            if file.isVariableRate { report(.notice, "the frame rate varies (\(rounded(file.fps)) on average)") }
            if file.isRateGuessed {
                report(.notice, "the file does not tell its frame rate; \(rounded(file.fps)) is taken")
            }
            if file.sampleAspect.numerator != file.sampleAspect.denominator {
                let aspect = "\(file.sampleAspect.numerator):\(file.sampleAspect.denominator)"
                report(
                    .notice, "pixels are not square (\(aspect)); it is taken as stored, \(file.width)x\(file.height)")
            }
            if file.isInterlaced { report(.notice, "interlaced; fields are not taken apart") }
        } catch let cancelled as Cancelled {
            throw cancelled
        } catch {
            report(.unreadable, "\(error)")
        }
    }
    private func rounded(_ value: Double) -> String {
        let hundredths = (value * 100).rounded() / 100
        return hundredths == hundredths.rounded() ? "\(Int(hundredths))" : "\(hundredths)"
    }

    /// Text files that stand beside clips and belong to none.
    func orphans(_ clips: [Clip]) throws -> [DatasetFinding] {
        guard dataset.format == .sidecars else { return [] }
        let known = Set(clips.map { Path.stem($0.mediaPath) })
        return try Files.list(dataset.folder)
            .filter {
                Sidecars.extensions.contains(Path.fileExtension($0)) && !$0.hasPrefix(".")
                    && !known.contains(Path.stem($0))
            }
            .map { DatasetFinding(kind: .orphan, number: nil, name: $0, message: "a caption without a clip") }
    }
}
