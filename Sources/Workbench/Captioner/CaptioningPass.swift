import Base
import Media
import Synchronization

/// Captions clips one after the other, some at a time, and keeps each caption as it comes.
final class CaptioningPass: Sendable {
    /// A clip that is to get a caption.
    struct Item: Sendable {
        let clip: Clip
        let name: String
        /// The caption that was there when the pass was made; another one by now is not overwritten.
        let seen: String?
        let prompt: String
        let refine: String?
        /// Clips with the same pictures and the same prompt, which get the same caption.
        var copies: [Item] = []
    }
    private struct Tally {
        var next = 0
        var failure: (any Error)?
        /// Clips in a row that failed because nothing answered.
        var unanswered = 0
        var waiting: String?
    }
    private let backend: any CaptionBackend
    private let options: CaptionOptions
    private let items: [Item]
    private let run: CaptionRun
    private let tally = Mutex(Tally())

    init(_ backend: any CaptionBackend, _ options: CaptionOptions, _ items: [Item], _ run: CaptionRun) {
        (self.backend, self.options, self.items, self.run) = (backend, options, items, run)
    }

    /// Works until the end. Throws what no other clip would fare better with, and `Cancelled`.
    func work() throws -> JobState {
        let start = ContinuousClock.now
        defer { run.change { $0.seconds = Double((ContinuousClock.now - start) / .milliseconds(1)) / 1000 } }
        report()
        if items.isEmpty { return .finished }
        let model = try stopping { try backend.model(control) }
        // One more than can be asked at a time: its clip is decoded meanwhile. One at a time keep their order.
        let ahead = backend.concurrency > 1 || backend.decodesAhead ? 1 : 0
        let count = min(items.count, backend.concurrency + ahead)
        let threads = (0..<count).map { _ in WorkerThread("captions") { [self] in takeItems(model) } }
        for thread in threads { thread.join() }
        try stopping { if let failure = tally.withLock({ $0.failure }) { throw failure } }
        try run.job.monitor.checkpoint()
        return .finished
    }

    /// What ends the pass says how far it came.
    private func stopping<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let failure as any UserError where !(failure is Cancelled) {
            throw CaptionerError.stopped(done: run.done, of: run.count, failure)
        }
    }

    private func takeItems(_ model: String) {
        while true {
            let item = tally.withLock { tally -> Item? in
                guard tally.failure == nil, tally.next < items.count, !run.job.monitor.shouldStop else { return nil }
                tally.next += 1
                return items[tally.next - 1]
            }
            guard let item else { return }
            do { try caption(item, model) } catch {
                tally.withLock { $0.failure = $0.failure ?? error }
            }
            report()
        }
    }

    // MARK: One clip

    /// Throws only what ends the pass.
    private func caption(_ item: Item, _ model: String) throws {
        // One that somebody has captioned since need not be asked about.
        let all = [item] + item.copies, open = all.filter { $0.clip.caption.isIdentical(to: $0.seen) }
        for item in all where !open.contains(where: { $0.clip == item.clip }) { pass(item) }
        guard let item = open.first else { return }
        do {
            let control = control
            let file = try VideoFile(item.clip.path)
            var question = CaptionQuestion(
                media: file, prompt: item.prompt, maxNewTokens: options.maxNewTokens, temperature: options.temperature,
                fps: options.fps)
            var answer = try backend.answer(question, control)
            if let refine = item.refine {
                (question.media, question.prompt) = (nil, Self.refined(refine, answer.text))
                let doubt = answer.doubt
                answer = try backend.answer(question, control)
                answer.doubt = answer.doubt ?? doubt
            }
            let verdict = CaptionVerdict(answer, options)
            for item in open { try keep(verdict, of: item, by: model) }
            run.change { $0.duplicates += open.count - 1 }
            tally.withLock { $0.unanswered = 0 }
        } catch let error as any UserError {
            try fail(open, error)
        }
    }
    private static func refined(_ instruction: String, _ caption: String) -> String {
        instruction.contains("{caption}")
            ? instruction.replacing("{caption}", with: caption) : "\(instruction)\n\n\(caption)"
    }
    private func keep(_ verdict: CaptionVerdict, of item: Item, by model: String) throws {
        let isKept = verdict.isGood || options.keepSuspect && !verdict.text.isEmpty
        if isKept {
            do { try item.clip.setCaption(verdict.text, by: model, from: item.seen) } catch let error as DatasetError {
                guard case .changed = error else { throw error }
                pass(item)
                return
            }
        }
        run.change { result in
            if isKept { result.written += 1 }
            guard let reason = verdict.doubt else { return }
            result.suspect.append(
                .init(clip: item.name, reason: reason, caption: verdict.text, isKept: isKept))
        }
        let doubt = verdict.doubt.map { " [\(isKept ? "suspect" : "not kept"): \($0)]" } ?? ""
        run.job.monitor.note("\(item.name): \(verdict.text)\(doubt)")
    }
    private func pass(_ item: Item) {
        run.change { result in
            result.skipped += 1
            result.passed += 1
        }
        run.job.monitor.note("\(item.name): its caption was edited meanwhile and is left as it is")
    }
    private func fail(_ items: [Item], _ error: any UserError) throws {
        if error is Cancelled { throw error }
        if error.endsCaptioning { throw error }
        run.change { result in
            result.failed += items.map { .init(clip: $0.name, reason: "\(error)") }
        }
        for item in items { run.job.monitor.note("\(item.name): no caption: \(error)") }
        guard (error as? APIFailure)?.cause == .network else { return }
        let unanswered = tally.withLock { tally in
            tally.unanswered += 1
            return tally.unanswered
        }
        if unanswered >= 3 { throw error }
    }

    // MARK: Telling

    private var control: CaptionControl {
        CaptionControl(
            isStopped: { [self] in run.job.monitor.shouldStop || tally.withLock { $0.failure != nil } },
            waiting: { [self] reason in
                let isNews = tally.withLock { tally in
                    defer { tally.waiting = reason }
                    return tally.waiting != reason
                }
                if isNews { report() }
            },
            note: { [self] in run.job.monitor.note($0) },
            spent: { [self] usage in run.change { $0.usage += usage } })
    }
    private func report() {
        let result = run.result, waiting = tally.withLock { $0.waiting }
        var figures: [(name: String, value: String)] = []
        if result.usage.input + result.usage.output > 0 {
            figures.append(("tokens", "\(result.usage.input + result.usage.output)"))
        }
        if !result.failed.isEmpty { figures.append(("failed", "\(result.failed.count)")) }
        if let waiting { figures.append(("waits", waiting)) }
        run.job.monitor.report(Progress("captioning", run.done, of: run.count, "clips", figures))
    }
}

/// Whether an answer is a caption.
struct CaptionVerdict: Sendable {
    let text: String
    /// What is wrong, or worth a look, in a sentence.
    let doubt: String?
    /// It is kept without being asked for.
    let isGood: Bool

    init(_ answer: CaptionAnswer, _ options: CaptionOptions) {
        let plain = CaptionText.plain(answer.text)
        var text = options.clean ? CaptionText.cleaned(plain) : plain
        var doubt = answer.doubt, isGood = doubt == nil
        func object(_ reason: String) {
            doubt = doubt ?? reason
            isGood = false
        }
        if text.isEmpty { object("nothing is left of the answer") }
        if CaptionText.isRefusal(text) { object("the model declines instead of describing") }
        if CaptionText.isLooping(text) { object("the model runs in a circle") }
        if answer.isCut, isGood {
            let whole = CaptionText.wholeSentences(plain)
            if whole.isEmpty {
                object("cut off at \(options.maxNewTokens) tokens before its first full stop")
            } else {
                text = options.clean ? CaptionText.cleaned(whole) : whole
                doubt = "cut off at \(options.maxNewTokens) tokens; its last sentence is left out"
            }
        }
        if isGood {
            let found = CaptionText.words(options.avoid, in: text)
            if !found.isEmpty { doubt = "mentions \(found.joined(separator: ", "))" }
            let present = CaptionText.words(options.must, in: text)
            let missing = options.must.filter { !present.contains($0) }
            if !missing.isEmpty { doubt = (doubt.map { $0 + "; " } ?? "") + "lacks \(missing.joined(separator: ", "))" }
        }
        if !text.isEmpty { text = Trigger.apply(options.trigger, to: text) }
        (self.text, self.doubt, self.isGood) = (text, doubt, isGood)
    }
}
