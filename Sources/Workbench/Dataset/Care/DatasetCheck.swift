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

    func run() throws -> [DatasetFinding] {
        let clips = dataset.clips
        var found: [DatasetFinding] = []
        var byStem: [String: String] = [:], kinds: Set<Bool> = []
        let progress = FilesProgress(
            "checking", clips.map { ($0.name, isDeep ? $0.knownMedia?.duration ?? 0 : 1) }, "clips", monitor)
        let limit = CaptionLimit.known(), trigger = dataset.trigger
        for (index, clip) in clips.enumerated() {
            try monitor.checkpoint()
            progress.begin(index, done: index, of: clips.count)
            let path = clip.mediaPath
            func report(_ kind: DatasetFinding.Kind, _ message: String) {
                found.append(DatasetFinding(kind: kind, number: index + 1, name: path, message: message))
            }
            guard clip.isInside else {
                report(.outside, "the path leaves the dataset's folder; it will not be opened")
                continue
            }
            if let other = byStem.updateValue(path, forKey: Path.withoutExtension(path)) {
                let written = clip.writtenPath, spelling = written == path ? "" : ", here as '\(written)'"
                report(
                    .duplicate,
                    other == path
                        ? "listed twice\(spelling)"
                        : "has the name of '\(other)' but for its extension: fix{names=true} renames it")
            }
            if !clip.isCaptioned { report(.uncaptioned, clip.captionProblem ?? "no caption") }
            if let caption = clip.caption {
                let text = Trigger.apply(trigger, to: caption)
                if let excess = limit.map({ $0.excess(text) }) ?? CaptionLimit.certainExcess(text) {
                    report(.long, "the caption \(excess)")
                }
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
            try look(into: clip, progress.monitor(index, done: index, of: clips.count), report)
        }
        progress.finish(done: clips.count, of: clips.count)
        if kinds.count > 1 {
            found.append(
                DatasetFinding(
                    kind: .notice, number: nil, name: Path.name(dataset.path), message: "videos and images together"))
        }
        if !dataset.isView { found += try orphans(clips) }
        return found
    }

    private func look(
        into clip: Clip, _ monitor: Monitor, _ report: (DatasetFinding.Kind, String) -> Void
    ) throws {
        do {
            let file = try clip.media()
            if file.isImage {
                if isDeep { for remark in try file.imageRemarks() { report(.notice, remark) } }
                return
            }
            if file.isEncrypted { throw MediaError.encrypted(path: clip.path) }
            let (count, damage) = isDeep ? try file.readToEnd(monitor) : (file.frames, 0)
            if damage > 0 {
                report(.damaged, "\(counted(damage, "part")) of it cannot be decoded; re-encode or leave it out")
            }
            if isDeep { try compare(count.value, file, report) }
            if count.value > 0, count.value < frames {
                report(.short, "\(count.inFrames) where \(frames) \(frames == 1 ? "is" : "are") asked for")
            }
            for remark in remarks(of: file) { report(.notice, remark) }
        } catch let cancelled as Cancelled {
            throw cancelled
        } catch MediaError.encrypted {
            report(.damaged, "encrypted: without its key nothing can be read; leave it out")
        } catch {
            report(.unreadable, "\(error)")
        }
    }
    /// What can be read beside what the header says: less of it is a file that was cut off, or a header that is wrong.
    private func compare(_ count: Int, _ file: VideoFile, _ report: (DatasetFinding.Kind, String) -> Void) throws {
        // A count that the container does not hold is an estimate from its duration.
        let said = file.frames.value, slack = file.frames.isExact ? 0 : max(2, said / 20)
        guard said > 0, abs(count - said) > slack else { return }
        let isCutOff = try count < said && file.endsEarly()
        report(
            isCutOff ? .unreadable : .notice,
            "the header says \(file.frames.inFrames), \(count) can be read" + (isCutOff ? ": the file is cut off" : ""))
    }
    private func remarks(of file: VideoFile) -> [String] {
        var remarks: [String] = []
        if file.isVariableRate { remarks.append("the frame rate varies (\(rounded(file.fps)) on average)") }
        if let header = file.disbelievedRate {
            remarks.append("the header says \(rounded(header.value)) frames a second, its times \(rounded(file.fps))")
        }
        if file.isRateGuessed {
            remarks.append("the file does not tell its frame rate; \(rounded(file.fps)) is taken")
        }
        let aspect = "\(file.sampleAspect.numerator):\(file.sampleAspect.denominator)"
        if file.isStretched {
            remarks.append(
                "pixels are not square (\(aspect)); it is read as \(file.width)x\(file.height)"
                    + " (stored \(file.codedWidth)x\(file.codedHeight))")
        }
        if file.isHDR { remarks.append("HDR; it is read as SDR of 8 bits") }
        if file.isInterlaced { remarks.append("interlaced; whole pictures are made of its fields (bwdif)") }
        return remarks
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
