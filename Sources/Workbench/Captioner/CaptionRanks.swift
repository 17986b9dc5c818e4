import Base
import Foundation
import Media
import Synchronization
import Torch

/// A pass of captioning that several ranks share. Rank 0 has the dataset, asks the questions and keeps the answers; every rank answers with
/// a model of its own, and whoever is free takes the next question. They leave each other notes, so that nobody waits for the slowest.
///
/// Questions are numbered as they are asked. A rank takes the next number before there is a question of it.
struct CaptionRanks: Sendable {
    let ranks: any Ranks
    /// What the notes of this pass begin with.
    private let name: String

    /// The ranks of this session, for its next pass: all of them begin their passes in one order.
    static func join(_ device: Device) throws -> CaptionRanks {
        CaptionRanks(ranks: try SessionRanks.join(device), name: "captions/\(SessionRanks.nextPass())")
    }
    init(ranks: any Ranks, name: String) { (self.ranks, self.name) = (ranks, name) }

    // MARK: Notes

    fileprivate func nextToAnswer() throws -> Int { try ranks.takeNumber("\(name)/next") }
    fileprivate func ask(_ number: Int, _ question: CaptionQuestion) throws {
        try ranks.put("\(name)/question/\(number)", question.note)
    }
    fileprivate func question(_ number: Int) throws -> CaptionQuestion? {
        try ranks.take("\(name)/question/\(number)", stays: false).map(CaptionQuestion.init(note:))
    }
    fileprivate func answer(_ number: Int, _ note: JSON) throws { try ranks.put("\(name)/answer/\(number)", note) }
    fileprivate func answer(to number: Int) throws -> JSON? {
        try ranks.take("\(name)/answer/\(number)", stays: false)
    }
    /// Rank 0 says that the pass is over, and how it ended.
    fileprivate func end(_ note: JSON) throws { try ranks.put("\(name)/end", note) }
    fileprivate func ended() throws -> JSON? { try ranks.take("\(name)/end", stays: true) }

    /// How often a note is looked for.
    fileprivate static func pause() { Thread.sleep(forTimeInterval: 0.03) }

    // MARK: Rank 0

    /// Prepares the pass; when that fails, the others hear of it.
    func leading<Result>(_ prepare: () throws -> Result) throws -> Result {
        do { return try prepare() } catch {
            tell(error, CaptionResult())
            throw error
        }
    }
    /// Runs the pass, and tells the others how it ended.
    func leading(_ run: CaptionRun, _ work: () throws -> JobState) throws -> JobState {
        let state: JobState
        do { state = try work() } catch {
            tell(error, run.result)
            throw error
        }
        try end(.object(Self.note(state, run.result)))
        return state
    }
    private func tell(_ error: any Error, _ result: CaptionResult) {
        var note = Self.note(error is Cancelled ? .stopped : .failed, result)
        note["failure"] = RankFailure(error).note
        try? end(.object(note))
    }
    private static func note(_ state: JobState, _ result: CaptionResult) -> JSONObject {
        JSONObject([("state", .string(state.rawValue)), ("result", result.note)])
    }

    // MARK: The others

    /// Answers questions until rank 0 says that the pass is over; what came of it is the run's.
    func serve(_ backend: any CaptionBackend, _ run: CaptionRun) throws -> JobState {
        let isOver = Mutex(false), failure = Mutex<(any Error)?>(nil)
        let isStopped: @Sendable () -> Bool = { run.job.shouldStop || isOver.withLock { $0 } }
        let count = backend.isShared ? backend.places : 0
        let threads = (0..<count).map { _ in
            WorkerThread("captions") {
                do { try answerQuestions(backend, isStopped) } catch { failure.withLock { $0 = $0 ?? error } }
            }
        }
        defer {
            isOver.withLock { $0 = true }
            for thread in threads { thread.join() }
        }
        while true {
            // Whoever cannot reach rank 0 any more has nothing to wait for.
            if let error = failure.withLock({ $0 }) { throw error }
            guard let end = try ended() else {
                Self.pause()
                continue
            }
            run.change { $0 = CaptionResult(note: end["result"] ?? .null) }
            if let failure = end["failure"], end["state"] == "failed" { throw RankFailure(note: failure) }
            return end["state"].flatMap { $0.string }.flatMap(JobState.init) ?? .finished
        }
    }
    private func answerQuestions(_ backend: any CaptionBackend, _ isStopped: @escaping @Sendable () -> Bool) throws {
        while true {
            let number = try nextToAnswer()
            var question: CaptionQuestion?
            while question == nil, !isStopped() {
                question = try self.question(number)
                if question == nil { Self.pause() }
            }
            guard let question else { return try answer(number, ["stopped": true]) }
            try answer(number, Self.reply(backend, question, isStopped))
        }
    }
    private static func reply(
        _ backend: any CaptionBackend, _ question: CaptionQuestion, _ isStopped: @escaping @Sendable () -> Bool
    ) -> JSON {
        let told = Mutex((usage: CaptionUsage(), notes: [String]()))
        let control = CaptionControl(
            isStopped: isStopped, note: { note in told.withLock { $0.notes.append(note) } },
            spent: { usage in told.withLock { $0.usage += usage } })
        var note = JSONObject()
        do { note["answer"] = try backend.answer(question, control).note } catch {
            note["failure"] = RankFailure(error).note
        }
        told.withLock { told in
            note["usage"] = told.usage.note
            note["notes"] = .array(told.notes.map(JSON.string))
        }
        return .object(note)
    }
}

/// The model of this rank, and those of the others.
final class RankedCaptioner: CaptionBackend {
    private let own: any CaptionBackend, shared: CaptionRanks
    /// Questions that the model here has no place for.
    private let places: Mutex<Int>, asked = Mutex(0)

    init(_ own: any CaptionBackend, _ shared: CaptionRanks) {
        (self.own, self.shared) = (own, shared)
        places = Mutex(own.places)
    }

    var title: String { own.title }
    func model(_ control: CaptionControl) throws -> String { try own.model(control) }
    var concurrency: Int { own.places * shared.ranks.count }
    func estimate(_ question: CaptionQuestion) throws -> CaptionEstimate { try own.estimate(question) }

    func answer(_ question: CaptionQuestion, _ control: CaptionControl) throws -> CaptionAnswer {
        let isOwn = places.withLock { places in
            guard places > 0 else { return false }
            places -= 1
            return true
        }
        guard !isOwn else {
            defer { places.withLock { $0 += 1 } }
            return try own.answer(question, control)
        }
        // Numbers begin at 1, as those that the others take do.
        let number = asked.withLock { asked in
            asked += 1
            return asked
        }
        try shared.ask(number, question)
        while true {
            try control.checkpoint()
            if let note = try shared.answer(to: number) { return try answer(note, control) }
            CaptionRanks.pause()
        }
    }
    private func answer(_ note: JSON, _ control: CaptionControl) throws -> CaptionAnswer {
        for text in note["notes"]?.array ?? [] { control.note(text.string ?? "") }
        control.spent(CaptionUsage(note: note["usage"] ?? .null))
        if let answer = note["answer"] { return CaptionAnswer(note: answer) }
        guard let failure = note["failure"].map(RankFailure.init(note:)), failure.kind != Cancelled().kind else {
            throw Cancelled()
        }
        throw failure
    }
}

/// What went wrong on another rank, in its words.
struct RankFailure: UserError, Equatable {
    let kind: String, description: String
    let path: String?, key: String?
    /// No other clip would fare better.
    let endsAll: Bool

    init(_ error: any Error) {
        let known = error as? any UserError
        (kind, description) = (known?.kind ?? "ranks.failed", known?.description ?? "\(error)")
        (path, key) = (known?.path, known?.key)
        endsAll = known?.endsCaptioning ?? true
    }
}

extension UserError {
    /// Captioning need not go on with other clips.
    var endsCaptioning: Bool {
        switch self {
        case let failure as APIFailure: failure.endsAll
        case let error as CaptionerError: error.endsAll
        case let failure as RankFailure: failure.endsAll
        case is JournalError: true
        case let error as DatasetError:
            switch error {
            case .locked, .readOnly, .moved: true
            default: false
            }
        default: false
        }
    }
}

// MARK: - As notes

extension RankFailure {
    fileprivate var note: JSON {
        var note: JSON = ["kind": .string(kind), "description": .string(description), "ends_all": .bool(endsAll)]
        note.set("path", path.map(JSON.string))
        note.set("key", key.map(JSON.string))
        return note
    }
    fileprivate init(note: JSON) {
        (kind, description) = (note["kind"]?.string ?? "", note["description"]?.string ?? "")
        (path, key, endsAll) = (note["path"]?.string, note["key"]?.string, note["ends_all"]?.bool ?? true)
    }
}
extension CaptionQuestion {
    fileprivate var note: JSON {
        var note: JSON = ["prompt": .string(prompt), "max_new_tokens": .integer(maxNewTokens)]
        note.set("media", (media?.path).map(JSON.string))
        note.set("temperature", temperature.map(JSON.number))
        note.set("fps", fps.map(JSON.number))
        return note
    }
    fileprivate init(note: JSON) throws {
        self.init(
            media: try note["media"]?.string.map { try VideoFile($0) }, prompt: note["prompt"]?.string ?? "",
            maxNewTokens: note["max_new_tokens"]?.integer ?? 0, temperature: note["temperature"]?.number,
            fps: note["fps"]?.number)
    }
}
extension CaptionAnswer {
    fileprivate var note: JSON {
        var note: JSON = ["text": .string(text), "is_cut": .bool(isCut)]
        note.set("doubt", doubt.map(JSON.string))
        return note
    }
    fileprivate init(note: JSON) {
        self.init(
            text: note["text"]?.string ?? "", isCut: note["is_cut"]?.bool ?? false, doubt: note["doubt"]?.string)
    }
}
extension CaptionUsage {
    fileprivate var note: JSON { .array([input, output, thinking, requests].map(JSON.integer)) }
    fileprivate init(note: JSON) {
        let figures = (note.array ?? []).compactMap(\.integer)
        guard figures.count == 4 else { return }
        (input, output, thinking, requests) = (figures[0], figures[1], figures[2], figures[3])
    }
}
extension CaptionResult {
    fileprivate var note: JSON {
        [
            "figures": .array([written, skipped, passed, duplicates].map(JSON.integer)), "seconds": .number(seconds),
            "failed": .array(failed.map(\.note)), "suspect": .array(suspect.map(\.note)), "usage": usage.note,
        ]
    }
    fileprivate init(note: JSON) {
        let figures = (note["figures"]?.array ?? []).compactMap(\.integer)
        if figures.count == 4 {
            (written, skipped, passed, duplicates) = (figures[0], figures[1], figures[2], figures[3])
        }
        (failed, suspect) = (Self.remarks(note["failed"]), Self.remarks(note["suspect"]))
        (usage, seconds) = (CaptionUsage(note: note["usage"] ?? .null), note["seconds"]?.number ?? 0)
    }
    private static func remarks(_ note: JSON?) -> [Remark] { (note?.array ?? []).map(Remark.init(note:)) }
}
extension CaptionResult.Remark {
    fileprivate var note: JSON {
        var note: JSON = ["clip": .string(clip), "reason": .string(reason), "is_kept": .bool(isKept)]
        note.set("caption", caption.map(JSON.string))
        return note
    }
    fileprivate init(note: JSON) {
        self.init(
            clip: note["clip"]?.string ?? "", reason: note["reason"]?.string ?? "", caption: note["caption"]?.string,
            isKept: note["is_kept"]?.bool ?? false)
    }
}
extension JSON {
    /// Sets a member of an object, where there is a value.
    fileprivate mutating func set(_ key: String, _ value: JSON?) {
        guard var object, let value else { return }
        object[key] = value
        self = .object(object)
    }
}
