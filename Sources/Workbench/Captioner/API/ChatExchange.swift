import Base
import Foundation
import Hub
import Media

/// One question to a server until there is an answer: what may pass is asked again, what is refused is asked otherwise.
struct ChatExchange {
    private let captioner: APICaptioner
    private let question: CaptionQuestion
    private let control: CaptionControl
    private let model: String
    private var shown: ShownClip?
    /// New tokens that are asked for.
    private var limit: Int
    private var repeats = 0, amendments = 0, hasGrown = false
    private var loadingEnd: Date?

    /// Learns the model and reads the clip.
    init(_ captioner: APICaptioner, _ question: CaptionQuestion, _ control: CaptionControl) throws {
        (self.captioner, self.question, self.control) = (captioner, question, control)
        model = try captioner.model(control)
        shown = try question.media.map { try captioner.show($0, fps: question.fps, control) }
        limit = max(question.maxNewTokens, captioner.preset.facts(model)?.leastTokens ?? 0)
    }

    /// Throws `APIFailure` or `Cancelled`. What was uploaded is gone afterwards, however it ends.
    mutating func run() throws -> CaptionAnswer {
        defer { if let shown { captioner.forget(shown) } }
        while true {
            do {
                let said = try captioner.throttle.run(control) { try ask() }
                captioner.throttle.succeeded()
                if let answer = try answer(said) { return answer }
            } catch let failure as APIFailure {
                if failure.mayPass { try wait(after: failure) } else { try amend(after: failure) }
            }
        }
    }

    // MARK: Asking

    private mutating func ask() throws -> ChatAnswer {
        // What another clip was refused meanwhile need not be tried with this one.
        if let media = question.media, let shown, shown.wanted != captioner.state.withLock({ $0.dialect.sending }) {
            try showAgain(media)
        }
        let facts = captioner.preset.facts(model)
        let isFixed = facts?.fixesSampling == true
        if isFixed, question.temperature != nil {
            captioner.tell("the server fixes the temperature of \(model): yours is not sent", control)
        }
        let payload = ChatPayload(
            model: model, text: question.prompt, media: shown?.parts.parts ?? [], limit: limit,
            temperature: isFixed ? nil : question.temperature,
            extras: (facts?.quiet ?? captioner.preset.quiet).object ?? JSONObject())
        let (bytes, names) = payload.encoded(captioner.state.withLock { $0.dialect })
        var request = HTTPRequest("POST", captioner.endpoint.appending("chat/completions"))
        request.headers = [("Content-Type", "application/json"), ("Accept", "application/json")]
        (request.body, request.timeout) = (bytes, captioner.timeout)
        var usage = CaptionUsage()
        usage.requests = 1
        defer { control.spent(usage) }
        let response = try captioner.perform(request, control)
        if let failure = APIFailure(response, sent: names, host: captioner.endpoint.host, masking: captioner.key) {
            throw failure
        }
        guard let answer = ChatAnswer(response.body) else {
            throw failure(.malformed, "what it sent is no answer of a model", status: response.status)
        }
        usage += answer.usage
        return answer
    }
    private func failure(_ cause: APIFailure.Cause, _ message: String, status: Int = 0) -> APIFailure {
        APIFailure(cause, message, host: captioner.endpoint.host, status: status)
    }
    /// Nil when it has to be asked for more.
    private mutating func answer(_ said: ChatAnswer) throws -> CaptionAnswer? {
        if said.finish == "content_filter" { throw failure(.filtered, "the service's filter stopped the answer") }
        guard let emptiness = said.emptiness(limit: limit) else {
            let text = captioner.key?.masked(said.text) ?? said.text
            return CaptionAnswer(text: text, isCut: said.isCut, doubt: doubt(said))
        }
        // Thinking has used it up. Once, because a model that thinks without end would take any budget.
        guard said.isCut, !hasGrown else { throw failure(.empty, emptiness) }
        hasGrown = true
        limit = min(limit * 4, max(limit, 32_768))
        return nil
    }
    private func doubt(_ said: ChatAnswer) -> String? {
        guard let limit = said.contextLimit else { return nil }
        let fix = captioner.preset.name == "ollama" ? " (OLLAMA_CONTEXT_LENGTH, or a Modelfile with num_ctx)" : ""
        return "the server's context of \(limit) tokens was full, so pictures may have been cut off: "
            + "give it a larger one\(fix), or send fewer 'frames' of a smaller 'size'"
    }

    // MARK: Failures that may pass

    private mutating func wait(after failure: APIFailure) throws {
        let throttle = captioner.throttle, waiting = captioner.options.waiting
        if failure.cause == .loading {
            // Not counted: a large model takes minutes.
            loadingEnd = loadingEnd ?? Date(timeIntervalSinceNow: max(captioner.timeout, 120))
            if let loadingEnd, Date() < loadingEnd {
                throttle.pause(failure.wait ?? 2 * waiting.first, "the server is loading the model", isTooMany: false)
                return
            }
        }
        guard repeats < captioner.options.retries else { throw failure }
        let seconds = failure.wait ?? waiting.seconds(repeats)
        guard seconds <= Waiting.longest else {
            let back = "it says to come back in \(Int((seconds / 60).rounded(.up))) minutes"
            throw self.failure(.quota, "\(failure.message); \(back)", status: failure.status)
        }
        repeats += 1
        let reason =
            switch failure.cause {
            case .rate: "rate limit"
            case .overloaded: "the service is overloaded"
            case .network: "no connection"
            default: "the server failed"
            }
        throttle.pause(seconds, reason, isTooMany: failure.cause == .rate || failure.cause == .overloaded)
    }

    // MARK: Refusals

    /// Changes what the next request is. Throws the failure where nothing is left to change.
    private mutating func amend(after failure: APIFailure) throws {
        guard amendments < 8, let lesson = try lesson(of: failure) else {
            throw captioner.explained(failure, control)
        }
        amendments += 1
        captioner.tell(lesson, control)
    }
    /// What was learned, in a sentence; empty where another clip has learned it already. Nil for nothing.
    private mutating func lesson(of failure: APIFailure) throws -> String? {
        let host = captioner.endpoint.host
        switch failure.cause {
        case .parameter(let name): return captioner.state.withLock { $0.dialect.learn(name, host: host) }
        case .noVideo, .pictureLimit:
            guard let sending = shown?.parts.sending, let media = question.media, !media.isImage else { return nil }
            let lesson = captioner.state.withLock { $0.dialect.learn(refused: sending, by: host) }
            if lesson != nil { try showAgain(media) }
            return lesson
        case .undecodable:
            guard let media = question.media, shown?.parts.sending == .clip, shown?.isSteady == false else {
                return nil
            }
            captioner.state.withLock { $0.dialect.reencodes = true }
            try showAgain(media)
            return "\(host) cannot decode a clip: clips are sent at a constant frame rate"
        default: return nil
        }
    }
    private mutating func showAgain(_ media: VideoFile) throws {
        if let shown { captioner.forget(shown) }
        shown = nil
        shown = try captioner.show(media, fps: question.fps, control)
    }
}
