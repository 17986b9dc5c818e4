import Base
import Foundation
import Media
import Synchronization
import Torch

/// Something that describes clips: a model in memory, or a server. Safe from any thread.
public final class Captioner: Sendable {
    let backend: any CaptionBackend
    /// Seconds that answers have taken, and how many there were.
    private let pace = Mutex((seconds: 0.0, answers: 0))

    init(_ backend: any CaptionBackend) { self.backend = backend }

    /// How people know it: `"kimi-k2.6 at api.moonshot.cn"`.
    public var title: String { backend.title }
    /// Forgets the model in memory; the next question loads it again. Returns what went. Throws when it is in use.
    @discardableResult
    public func unload() throws -> [ModelKey] { try backend.unload() }

    // MARK: Captioning

    /// Captions what has no caption, on a thread of its own. Returns at once; `prompt` gives clips instructions of their own
    /// and is called before.
    ///
    /// Of several ranks, all of which call this, the first asks and keeps, and the models of all answer; what a server answers is the
    /// first one's matter.
    ///
    /// Throws `CaptionerError` for options that make no sense, `DatasetError` for a dataset that cannot be edited.
    ///
    /// - Parameter device: what this rank goes on to compute on, where there are several.
    public func start(
        _ dataset: Dataset, _ options: CaptionOptions, device: @autoclosure () throws -> Device = .cpu,
        prompt: ((Clip) throws -> String?)? = nil
    ) throws -> CaptionRun {
        guard SessionRanks.count > 1 else { return try start(dataset, options, prompt, sharing: nil) }
        let shared = try CaptionRanks.join(device())
        guard shared.ranks.isFirst else { return serve(shared) }
        return try shared.leading { try start(dataset, options, prompt, sharing: shared) }
    }
    /// Answers what the first of several ranks asks, until that one says how it ended.
    func serve(_ shared: CaptionRanks) -> CaptionRun {
        let run = CaptionRun.make(count: 0, skipped: 0), backend = backend
        run.job.start { try shared.serve(backend, run) }
        return run
    }
    func start(
        _ dataset: Dataset, _ options: CaptionOptions, _ prompt: ((Clip) throws -> String?)?,
        sharing shared: CaptionRanks?
    ) throws -> CaptionRun {
        let store = dataset.store, turn = shared.map { _ in store.sharedWriting() }
        try store.claim()
        let (items, skipped) = try items(dataset.clips, options, prompt)
        let count = items.reduce(0) { $0 + 1 + $1.copies.count }
        let run = CaptionRun.make(count: count, skipped: skipped.count)
        for sentence in skipped.sentences { run.job.monitor.note(sentence) }
        let asked = shared.map { backend.isShared ? RankedCaptioner(backend, $0) : backend } ?? backend
        let pass = CaptioningPass(asked, options, items, run)
        run.job.start { [self] in
            defer {
                noteResult(run.result)
                turn?.end()
            }
            return try shared?.leading(run) { try pass.work() } ?? pass.work()
        }
        return run
    }
    /// What captioning would take, without asking anybody.
    public func estimate(
        _ dataset: Dataset, _ options: CaptionOptions, prompt: ((Clip) throws -> String?)? = nil
    ) throws -> CaptionPlan {
        let (items, skipped) = try items(dataset.clips, options, prompt)
        var sum = CaptionEstimate(), failed: [CaptionResult.Remark] = []
        for item in items {
            let one: CaptionEstimate
            do {
                one = try backend.estimate(
                    CaptionQuestion(
                        media: try VideoFile(item.clip.path), prompt: item.prompt, maxNewTokens: options.maxNewTokens,
                        temperature: nil, fps: options.fps))
            } catch let error as any UserError where !((error as? CaptionerError)?.endsAll ?? false) {
                failed.append(.init(clip: item.name, reason: "\(error)"))
                continue
            }
            sum.clips += 1 + item.copies.count
            sum.frames += one.frames
            sum.input += one.input
            sum.output += one.output
            if let price = one.price { sum.price = (sum.price ?? 0) + price }
        }
        let seconds = pace.withLock {
            $0.answers > 0 ? $0.seconds / Double($0.answers) : 8 / Double(backend.concurrency)
        }
        let minutes = Double(items.count - failed.count) * seconds / 60
        return CaptionPlan(estimate: sum, skipped: skipped.count, failed: failed, minutes: minutes)
    }
    private func noteResult(_ result: CaptionResult) {
        pace.withLock { pace in
            pace.seconds += result.seconds
            pace.answers += result.written
        }
    }

    // MARK: Which clips

    private struct Skipped {
        var captioned = 0, edited = 0, excluded = 0
        var count: Int { captioned + edited + excluded }
        var sentences: [String] {
            var all: [String] = []
            if excluded > 0 { all.append("\(excluded) excluded: left alone") }
            if captioned > 0 {
                all.append("\(captioned) captioned already: left alone (override = true does them again)")
            }
            if edited > 0 { all.append("\(edited) captioned by you: left alone (edited = true does them again, too)") }
            return all
        }
    }
    private func items(
        _ clips: [Clip], _ options: CaptionOptions, _ prompt: ((Clip) throws -> String?)?
    ) throws -> (items: [CaptioningPass.Item], skipped: Skipped) {
        try options.check()
        var skipped = Skipped(), items: [CaptioningPass.Item] = []
        for clip in clips {
            if clip.isExcluded {
                skipped.excluded += 1
            } else if clip.isCaptioned, !options.override {
                skipped.captioned += 1
            } else if clip.isCaptioned, clip.author == Clip.person, !options.edited {
                skipped.edited += 1
            } else {
                items.append(try item(clip, options, prompt?(clip)))
            }
        }
        return (Self.joined(items), skipped)
    }
    private func item(_ clip: Clip, _ options: CaptionOptions, _ own: String?) throws -> CaptioningPass.Item {
        let text = own ?? (clip.isImage ? options.imagePrompt ?? options.prompt : options.prompt)
        if let own { try CaptionPrompt.check(own, "prompt") }
        func value(_ place: String) -> String {
            switch place {
            case "name": Path.stem(clip.name)
            case "caption": clip.caption ?? ""
            case "trigger": options.trigger ?? clip.trigger ?? ""
            case "folder": Path.name(Path.folder(clip.path))
            case "tags": clip.tags.joined(separator: ", ")
            case "duration": (clip.knownMedia?.duration).map { String(format: "%.1f", $0) } ?? ""
            default: (clip.knownMedia?.fps).map { String(format: "%g", $0) } ?? ""
            }
        }
        return CaptioningPass.Item(
            clip: clip, name: clip.mediaPath, seen: clip.caption,
            prompt: CaptionPrompt.filled(text, value) + CaptionPrompt.wishes(options),
            // The caption there is the first answer's.
            refine: options.refine.map { CaptionPrompt.filled($0) { $0 == "caption" ? "{caption}" : value($0) } })
    }
    /// Clips of the same bytes and the same prompt are asked about once.
    private static func joined(_ items: [CaptioningPass.Item]) -> [CaptioningPass.Item] {
        let sizes = Dictionary(grouping: items.compactMap(\.clip.bytes)) { $0 }
        var joined: [CaptioningPass.Item] = [], places: [String: Int] = [:]
        for item in items {
            // Only files of one size can be equal; the others need not be read.
            if let size = item.clip.bytes, size > 0, sizes[size]?.count ?? 0 > 1,
                let hash = try? FileIdentity.contentHash(item.clip.path)
            {
                if let place = places["\(hash) \(item.prompt)"] {
                    joined[place].copies.append(item)
                    continue
                }
                places["\(hash) \(item.prompt)"] = joined.count
            }
            joined.append(item)
        }
        return joined
    }

    // MARK: Single questions

    /// Asks about a file; changes nothing. Throws as the model does.
    public func ask(
        _ path: String, _ question: String, fps: Double? = nil, maxNewTokens: Int = 200, temperature: Double? = nil,
        monitor: Monitor = Monitor()
    ) throws -> String {
        let question = CaptionQuestion(
            media: try VideoFile(path), prompt: question, maxNewTokens: maxNewTokens, temperature: temperature, fps: fps
        )
        return CaptionText.plain(try answer(question, monitor).answer.text)
    }
    /// Shows a picture with a known content and asks for it.
    ///
    /// Throws `CaptionerError.blind` when the answer does not speak of it.
    public func check(monitor: Monitor = Monitor()) throws -> CaptionCheck {
        let picture = TestPicture()
        let path = Path.join(NSTemporaryDirectory(), "ltxsh-check-\(UInt64.random(in: 0 ... .max)).png")
        defer { Files.remove(path) }
        try StillImage.write(picture.frame, to: path)
        let start = ContinuousClock.now
        let question = CaptionQuestion(media: try VideoFile(path), prompt: TestPicture.question, maxNewTokens: 60)
        let (answer, usage) = try answer(question, monitor)
        let model = try backend.model(control(monitor))
        guard picture.isSeen(in: answer.text) else {
            throw CaptionerError.blind(model: model, answer: APIFailure.short(answer.text))
        }
        return CaptionCheck(
            model: model, answer: CaptionText.plain(answer.text), usage: usage,
            seconds: Double((ContinuousClock.now - start) / .milliseconds(1)) / 1000)
    }
    private func answer(_ question: CaptionQuestion, _ monitor: Monitor) throws -> (
        answer: CaptionAnswer, usage: CaptionUsage
    ) {
        let spent = Spent()
        var control = control(monitor)
        control.spent = { usage in spent.usage.withLock { $0 += usage } }
        return (try backend.answer(question, control), spent.usage.withLock { $0 })
    }
    private final class Spent: Sendable { let usage = Mutex(CaptionUsage()) }
    private func control(_ monitor: Monitor) -> CaptionControl {
        CaptionControl(
            isStopped: { monitor.shouldStop },
            waiting: { reason in
                if let reason { monitor.report(Progress("waiting: \(reason)", 0, of: nil, "answers")) }
            }, note: { monitor.note($0) })
    }
}

/// What `check` found.
public struct CaptionCheck: Sendable {
    /// The model that answered, and what it said.
    public let model: String, answer: String
    /// What the question took.
    public let usage: CaptionUsage
    /// Wall time.
    public let seconds: Double
}

/// A picture of two colours, left and right, that nobody can guess.
struct TestPicture {
    static let question =
        "This picture has one colour on its left half and another on its right half. Name the two, left one first."
    private static let colors: [(name: String, value: Picture.Color)] = [
        ("red", Picture.Color(0xE01010)), ("green", Picture.Color(0x10A010)), ("blue", Picture.Color(0x1030E0)),
        ("yellow", Picture.Color(0xF0E010)), ("black", .black), ("white", .white),
    ]
    let left: Int, right: Int

    init() {
        let chosen = Array(Self.colors.indices.shuffled().prefix(2))
        (left, right) = (chosen[0], chosen[1])
    }
    var names: (String, String) { (Self.colors[left].name, Self.colors[right].name) }
    var frame: Frame {
        var picture = Picture(width: 336, height: 336, Self.colors[left].value)
        picture.fill(x: 168, y: 0, width: 168, height: 336, Self.colors[right].value)
        return picture.frame
    }
    /// Both colours, in their order, and none before them.
    func isSeen(in answer: String) -> Bool {
        let text = answer.lowercased()
        let places = Self.colors.enumerated().compactMap { place, color in
            text.firstRange(of: color.name).map { (place, $0.lowerBound) }
        }.sorted { $0.1 < $1.1 }
        return places.count >= 2 && places[0].0 == left && places[1].0 == right
    }
}
