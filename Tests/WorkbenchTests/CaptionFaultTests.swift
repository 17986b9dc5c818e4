import Base
import TestSupport
import Testing

@testable import Workbench

/// Each way in which a server fails: what becomes of two clips, in how many requests, and what is said.
@Suite struct CaptionFaultTests {
    struct Fault: CustomTestStringConvertible, Sendable {
        let name: String
        let replies: [JSON]
        /// Questions that were asked for both clips together.
        let questions: Int
        /// Captions that are there afterwards.
        var written = 0
        /// Kind of the error that ended it; nil where it came to its end.
        var stop: String?
        /// In the reason of the first clip that failed or is suspect, or in the error.
        var says = ""
        var retries = 2
        var preset = APIPreset.plain
        var testDescription: String { name }
    }
    private static let good = CaptionServer.caption("A boat on a lake.")
    private static func error(_ status: Int, type: String = "", _ message: String, headers: JSON = [:]) -> JSON {
        CaptionServer.failure(status, type: type, message, headers: headers)
    }
    private static func chat(_ message: JSON, finish: String = "stop", usage: JSON = [:]) -> JSON {
        ["json": ["choices": [["message": message, "finish_reason": .string(finish)]], "usage": usage]]
    }
    private static func refuses(_ names: String...) -> JSON {
        [
            "by_parameter": .array(names.map { [.string($0), error(400, "Unsupported parameter: '\($0)'")] }),
            "otherwise": good,
        ]
    }

    // MARK: What may pass: each clip is asked about once, and twice again

    private static let passingReplies: [(String, JSON)] = [
        ("reset", ["action": "reset"]), ("closed without an answer", ["action": "close"]),
        ("cut off in its body", ["action": "cut", "text": "{\"choices\": ["]),
        ("chunks of rubbish", ["action": "chunks"]), ("a gigabyte", ["action": "flood"]),
        ("a packed gigabyte", ["action": "gzip_bomb"]),
        ("a page with 200", ["text": "<html><title>Welcome</title></html>"]),
        ("half of the JSON", ["text": "{\"choices\": [{\"mess"]),
        ("no choices", ["json": ["choices": []]]), ("an empty body", ["text": ""]),
        ("bytes", ["bytes": "\u{FF}\u{FE}{"]),
        ("408", error(408, "late")), ("409", error(409, "conflict")), ("425", error(425, "early")),
        ("429", error(429, "slow down", headers: ["Retry-After": "0"])), ("500", error(500, "oh")),
        ("502", ["status": 502, "text": "<html><title>Bad gateway</title>"]), ("503", error(503, "busy")),
        ("504", ["status": 504, "text": ""]), ("529", error(529, "overloaded")),
        ("overloaded", error(429, type: "engine_overloaded_error", "try later")),
        ("429 inside of 200", ["json": ["error": ["code": 429, "message": "Provider returned error"]]]),
    ]
    static let passing: [Fault] = passingReplies.flatMap { name, reply -> [Fault] in
        [
            Fault(name: "\(name), always", replies: [reply], questions: 6),
            Fault(name: "\(name), then not", replies: [reply, reply, good], questions: 4, written: 2),
            Fault(name: "\(name), without repetition", replies: [reply], questions: 2, retries: 0),
        ]
    }

    // MARK: What ends it all: one question for both clips

    private static let finalReplies: [(String, JSON, String, String)] = [
        ("401", error(401, "Invalid Authentication"), "captioner.auth", "one of this service"),
        ("403", error(403, type: "permission_denied", "no"), "captioner.auth", "no"),
        (
            "quota", error(429, type: "exceeded_current_quota_error", "check your plan"), "captioner.quota",
            "check your plan"
        ),
        (
            "insufficient", CaptionServer.failure(429, ["error": ["code": "insufficient_quota", "message": "pay"]]),
            "captioner.quota", "pay"
        ),
        ("402", error(402, "pay first"), "captioner.quota", "pay first"),
        ("a day's tokens", error(429, type: "rate_limit_reached_error", "TPD limit reached"), "captioner.quota", "TPD"),
        ("an hour's wait", error(429, "later", headers: ["Retry-After": "3600"]), "captioner.quota", "60 minutes"),
        (
            "404", error(404, type: "resource_not_found_error", "not found the model m"), "captioner.model",
            "does not list"
        ),
        (
            "404 of another path", ["status": 404, "text": "<title>Not Found</title>"], "captioner.address",
            "/chat/completions"
        ),
        ("405", error(405, "POST?"), "captioner.address", "POST?"),
        (
            "no projector", error(500, type: "server_error", "image input is not supported - hint: provide the mmproj"),
            "captioner.no_pictures", "mmproj"
        ),
        (
            "a text model", error(400, "this model does not support image input"), "captioner.no_pictures",
            "takes images"
        ),
        (
            "302", ["status": 302, "headers": ["Location": "http://evil.example/v1?k=$KEY"]], "captioner.address",
            "evil.example"
        ),
        (
            "307", ["status": 307, "headers": ["Location": "https://other.example:8443/x"]], "captioner.address",
            "other.example:8443"
        ),
    ]
    static let final: [Fault] = finalReplies.map { name, reply, kind, says in
        Fault(name: name, replies: [reply], questions: 1, stop: kind, says: says)
    }

    // MARK: What is wrong with one clip: one question each

    private static let refusedReplies: [(String, JSON, String)] = [
        ("400", error(400, "no"), "no"), ("413", ["status": 413, "text": "<title>Too Large</title>"], "'size'"),
        ("422", error(422, "bad"), "bad"), ("context", error(400, "maximum context length is 4096 tokens"), "'frames'"),
        ("filtered", error(400, type: "content_filter", "high risk"), "high risk"),
        ("finish by a filter", chat(["content": "A"], finish: "content_filter"), "filter"),
        (
            "a text for an error", CaptionServer.failure(400, ["error": "url field must be a base64 encoded image"]),
            "base64 encoded"
        ),
        ("a flat error", CaptionServer.failure(400, ["object": "error", "message": "flat", "code": 400]), "flat"),
        (
            "FastAPI's list",
            CaptionServer.failure(422, ["detail": [["loc": ["body", "messages", 0], "msg": "field required"]]]),
            "body.messages.0: field required"
        ),
        ("FastAPI's text", CaptionServer.failure(400, ["detail": "Not good"]), "Not good"),
        ("a list of errors", CaptionServer.failure(400, ["errors": ["first", "second"]]), "first"),
        (
            "an error in a list", CaptionServer.failure(400, [["error": ["message": "in a list", "code": 400]]]),
            "in a list"
        ),
        (
            "400 inside of 200",
            [
                "json": [
                    "error": [
                        "code": 400, "message": "Provider returned error",
                        "metadata": ["raw": "{\"error\":{\"message\":\"too many pixels\"}}", "provider_name": "Sail"],
                    ]
                ]
            ],
            "too many pixels (Sail)"
        ),
        ("null", chat(["content": .null]), "empty"), ("blank", chat(["content": "  \n"]), "empty"),
        ("parts without text", chat(["content": []]), "empty"),
        ("declined", chat(["content": .null, "refusal": "I will not"]), "I will not"),
        ("thought alone", chat(["content": "", "reasoning": "Hm."]), "thinking"),
        ("thought in the answer", chat(["content": "<think>Hm, a boat"]), "thinking"),
    ]
    static let refused: [Fault] = refusedReplies.map { name, reply, says in
        Fault(name: name, replies: [reply], questions: 2, says: says)
    }

    // MARK: What is asked otherwise

    static let amended: [Fault] = [
        Fault(name: "max_tokens is not known", replies: [refuses("max_tokens")], questions: 3, written: 2),
        Fault(
            name: "neither limit is known", replies: [refuses("max_tokens", "max_completion_tokens")], questions: 4,
            written: 2),
        Fault(
            name: "max_completion_tokens is not known", replies: [refuses("max_completion_tokens")], questions: 3,
            written: 2, preset: .kimi(.cn)),
        Fault(
            name: "three are not known", replies: [refuses("temperature", "max_tokens", "chat_template_kwargs")],
            questions: 5, written: 2, preset: APIPreset.all.first { $0.name == "vllm" } ?? .plain),
        Fault(
            name: "the place of the mistake names it",
            replies: [
                [
                    "by_parameter": [
                        [
                            "temperature",
                            CaptionServer.failure(
                                422, ["detail": [["loc": ["body", "temperature"], "msg": "extra"]]]),
                        ]
                    ],
                    "otherwise": good,
                ]
            ], questions: 3, written: 2),
        Fault(
            name: "thinking used the budget",
            replies: [chat(["content": .null, "reasoning_content": "Hm"], finish: "length"), good], questions: 3,
            written: 2),
        Fault(
            name: "thinking uses every budget",
            replies: [chat(["content": "", "thinking": "Hm"], finish: "length", usage: ["completion_tokens": 800])],
            questions: 4, says: "used for thinking (800 of 800)"),
        Fault(
            name: "loading for longer than repetitions last",
            replies: Array(repeating: error(503, "Loading model"), count: 5) + [good], questions: 7, written: 2,
            retries: 0),
    ]

    // MARK: What is an answer all the same

    static let answered: [Fault] = [
        Fault(
            name: "a list of parts",
            replies: [
                chat(["content": [["type": "text", "text": "A boat on "], ["type": "text", "text": "a lake."]]])
            ], questions: 2, written: 2),
        Fault(
            name: "thought before it", replies: [chat(["content": "<think>Hm.</think>\n\nA boat on a lake."])],
            questions: 2, written: 2),
        Fault(
            name: "thought without a beginning", replies: [chat(["content": "So a boat.\n</think>A boat on a lake."])],
            questions: 2, written: 2),
        Fault(
            name: "thought beside it", replies: [chat(["content": "A boat on a lake.", "reasoning_content": "Hm."])],
            questions: 2, written: 2),
        Fault(
            name: "escapes and marks of direction", replies: [chat(["content": "A \u{1B}[31mboat\u{202E} on a lake."])],
            questions: 2, written: 2),
        Fault(
            name: "a circle", replies: [CaptionServer.caption(String(repeating: "a boat on a lake and ", count: 9))],
            questions: 2, says: "circle"),
        Fault(
            name: "declined in words", replies: [CaptionServer.caption("I'm sorry, I can't help with that.")],
            questions: 2, says: "declines"),
        Fault(
            name: "cut off", replies: [CaptionServer.caption("A boat on a lake. A dog ru", finish: "length")],
            questions: 2, written: 2, says: "cut off"),
        Fault(
            name: "cut off early", replies: [CaptionServer.caption("A boat on a", finish: "length")], questions: 2,
            says: "first full stop"),
        Fault(
            name: "a full context",
            replies: [CaptionServer.caption("A boat on a lake. And", finish: "length", input: 4000, output: 96)],
            questions: 2, says: "context of 4096"),
    ]

    @Test(arguments: passing + final + refused + amended + answered)
    func `a fault has its outcome, and its number of questions`(fault: Fault) throws {
        let fixture = try CaptionFixture(chat: fault.replies, images: 2), data = try fixture.dataset()
        let captioner = try fixture.captioner(fault.preset) { options in
            (options.retries, options.concurrency) = (fault.retries, 1)
        }
        let (run, notes) = try CaptionFixture.run(captioner, data) { options in
            if fault.name.contains("three") || fault.name.contains("place") { options.temperature = 0.5 }
        }
        #expect(try fixture.server.questions.count == fault.questions, "\(notes)")
        #expect(run.result.written == fault.written && data.captioned().count == fault.written, "\(notes)")
        #expect((run.failure as? any UserError)?.kind == fault.stop, "\(notes)")
        let reasons = run.result.failed.map(\.reason) + run.result.suspect.map(\.reason)
        let said = run.failure.map { "\($0)" } ?? reasons.first ?? ""
        #expect(fault.says.isEmpty || said.contains(fault.says), "\(said)")
        #expect(
            !said.contains("\n") && said.count < 700 && !(said + notes.joined()).contains(CaptionFixture.key), "\(said)"
        )
        if fault.stop == nil {
            #expect(
                run.result.written + Set(run.result.failed.map(\.clip)).count + run.result.suspect.count { !$0.isKept }
                    == 2)
        }
        for clip in data.captioned().clips { #expect(clip.caption == "A boat on a lake.") }
        #expect(
            try fixture.server.requests.allSatisfy { $0["authorization"]?.string == "Bearer \(CaptionFixture.key)" })
    }

    private static let waits: [(String, JSON, Double)] = [
        ("a second", ["Retry-After": "1"], 1.0), ("a date", ["Retry-After": "DATE+2"], 0.9),
        ("milliseconds", ["retry-after-ms": "700"], 0.7),
        ("a moment", ["X-RateLimit-Reset": "EPOCH_MS+800", "X-RateLimit-Remaining": "0"], 0.7),
        ("the other header", ["RateLimit-Reset": "1"], 1),
    ]
    @Test(arguments: waits) func `the server says how long to wait`(name: String, headers: JSON, seconds: Double) throws
    {
        let fixture = try CaptionFixture(chat: [Self.error(429, "slow", headers: headers), Self.good], images: 1)
        let (run, _) = try CaptionFixture.run(try fixture.captioner(), try fixture.dataset())
        #expect(run.result.written == 1 && run.result.usage.requests == 2)
        let times = try fixture.server.questions.compactMap { $0["time"]?.number }
        #expect(times.count == 2 && times[1] - times[0] >= seconds, "\(times)")
    }
    @Test func `a delay in the body counts, and all wait together`() throws {
        let slow = CaptionServer.failure(
            429,
            [
                [
                    "error": [
                        "code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow",
                        "details": [["retryDelay": "1.2s"]],
                    ]
                ]
            ])
        let fixture = try CaptionFixture(chat: [Self.good, Self.good, Self.good, slow, Self.good], images: 8)
        let captioner = try fixture.captioner { $0.concurrency = 4 }
        let (run, _) = try CaptionFixture.run(captioner, try fixture.dataset())
        #expect(run.result.written == 8 && run.result.usage.requests == 9)
        let times = try fixture.server.questions.compactMap { $0["time"]?.number }.sorted()
        // Those that were on their way beside it may end; nobody sends in the second after it.
        let gaps = zip(times, times.dropFirst()).map { $1 - $0 }
        #expect(times.count == 9 && gaps.contains { $0 > 1 }, "\(gaps)")
    }
    @Test func `nothing that answers is given up after three clips, a name that nobody knows is named`() throws {
        let fixture = try CaptionFixture(chat: [Self.good], images: 9), data = try fixture.dataset()
        for (endpoint, says) in [
            ("http://127.0.0.1:9/v1", "nothing answers at 127.0.0.1:9"),
            ("https://127.0.0.1:\(fixture.server.port)/v1", "127.0.0.1"),
            ("http://no-such-host.invalid/v1", "no-such-host.invalid"),
        ] {
            let captioner = try fixture.captioner { options in
                (options.endpoint, options.retries, options.concurrency, options.isInsecure) = (endpoint, 1, 1, true)
            }
            let (run, _) = try CaptionFixture.run(captioner, data)
            let failure = run.failure.map { "\($0)" } ?? ""
            #expect(
                (run.failure as? any UserError)?.kind == "captioner.network" && failure.contains(says), "\(failure)")
            #expect(run.result.written == 0 && failure.hasPrefix("3 of 9 done, 6 left"), "\(failure)")
        }
        #expect(try fixture.server.questions.isEmpty)
    }
    @Test func `a server that stalls is left after the timeout`() throws {
        let fixture = try CaptionFixture(chat: [["action": "stall"], Self.good], images: 1)
        let captioner = try fixture.captioner { $0.timeout = 1 }
        let (run, _) = try CaptionFixture.run(captioner, try fixture.dataset())
        #expect(run.result.written == 1)
        #expect(try fixture.server.questions.count == 2)
    }
    @Test func `one clip that fails is named and the others go on`() throws {
        let fixture = try CaptionFixture(chat: [Self.good, Self.error(400, "bad picture"), Self.good], images: 5)
        let data = try fixture.dataset(), captioner = try fixture.captioner { $0.concurrency = 1 }
        let (run, notes) = try CaptionFixture.run(captioner, data)
        #expect(run.state == .finished && run.hasFailed && run.result.written == 4)
        #expect(run.result.failed.count == 1 && run.result.failed[0].reason.contains("bad picture"))
        let name = run.result.failed[0].clip
        #expect(try data.clip(named: name).caption == nil && notes.contains { $0.hasPrefix("\(name): no caption") })
        // What it has done stays, and the next call goes on with what is left.
        let (again, _) = try CaptionFixture.run(captioner, data)
        #expect(again.result.written == 1 && again.result.skipped == 4 && data.captioned().count == 5)
        #expect(try fixture.server.questions.count == 6)
    }
}
