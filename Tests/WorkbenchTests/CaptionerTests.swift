import Base
import Glibc
import Media
import Synchronization
import TestSupport
import Testing

@testable import Workbench

/// What captioning does beside asking: whose captions stay, what is asked, how clips are shown, how it ends.
@Suite struct CaptionerTests {
    private static let good = CaptionServer.caption("A boat on a lake.")

    private func text(_ question: JSON) -> String {
        let content = question["body"]?["messages"]?.array?.last?["content"]
        return content?.string ?? content?.array?.last?["text"]?.string ?? ""
    }
    private func kinds(_ question: JSON) -> [String] {
        (question["body"]?["messages"]?.array?.last?["content"]?.array ?? []).compactMap { $0["type"]?.string }
    }

    // MARK: Whose captions stay

    @Test func `what a person wrote is spared, in this session, the next one, and where another program wrote it`()
        throws
    {
        let fixture = try CaptionFixture(chat: [Self.good], images: 4), captioner = try fixture.captioner()
        var data = try fixture.dataset()
        try CaptionFixture.run(captioner, data)
        #expect(data.clips.allSatisfy { $0.author == "m" })
        try data.clip(1).setCaption("mine")
        #expect(try data.clip(1).author == Clip.person)
        #expect(try data.undo()?.hasPrefix("caption of c00.png") == true && data.clip(1).author == "m")
        #expect(try data.redo() != nil && data.clip(1).author == Clip.person)
        try data.close()
        try fixture.folder.write(
            fixture.folder.text("captions.json").replacing(
                "lake.\",\n    \"media_path\": \"c01", with: "sea.\",\n    \"media_path\": \"c01"), to: "captions.json")
        data = try fixture.dataset()
        #expect(
            try data.clip(2).caption == "A boat on a sea."
                && data.clips.map(\.author) == [Clip.person, Clip.person, "m", "m"])
        let (run, notes) = try CaptionFixture.run(captioner, data) { $0.override = true }
        #expect(run.result.written == 2 && run.result.skipped == 2 && notes.contains { $0.contains("edited = true") })
        #expect(try data.clip(1).caption == "mine" && data.clip(2).caption == "A boat on a sea.")
        let (all, _) = try CaptionFixture.run(captioner, data) { ($0.override, $0.edited) = (true, true) }
        #expect(all.result.written == 4)
        #expect(try data.clip(1).caption == "A boat on a lake." && data.clip(1).author == "m")
    }
    @Test func `captions that came with the metadata are nobody's, and go with override alone`() throws {
        let fixture = try CaptionFixture(chat: [Self.good], images: 2), captioner = try fixture.captioner()
        try fixture.folder.write("{\"c00.png\": \"theirs\"}", to: "captions.json")
        let data = try fixture.dataset()
        #expect(try data.clip(1).author == nil)
        #expect(try CaptionFixture.run(captioner, data).run.result.skipped == 1)
        #expect(try CaptionFixture.run(captioner, data) { $0.override = true }.run.result.written == 2)
    }
    @Test func `a caption that is written while its clip is asked about stays`() throws {
        let fixture = try CaptionFixture(chat: [Self.good], images: 3), data = try fixture.dataset()
        let backend = Told { question, _ in
            if question.media?.path.hasSuffix("c01.png") == true { try data.clip(2).setCaption("mine, meanwhile") }
            return CaptionAnswer(text: "A boat.")
        }
        let (run, notes) = try CaptionFixture.run(Captioner(backend), data)
        #expect(run.state == .finished && run.result.written == 2 && run.result.skipped == 1)
        #expect(
            try data.clip(2).caption == "mine, meanwhile" && notes.contains { $0.contains("meanwhile and is left") })
    }
    @Test func `stopping keeps what is there, ends what is on its way, and the next call goes on`() throws {
        let fixture = try CaptionFixture(chat: [Self.good, Self.good, Self.good, ["action": "stall"]], images: 8)
        let data = try fixture.dataset(), captioner = try fixture.captioner { $0.concurrency = 1 }
        let run = try captioner.start(data, CaptionOptions())
        #expect(try Patience.until { try fixture.server.questions.count >= 4 })
        run.stop()
        #expect(run.wait(seconds: Patience.limit) && run.state == .stopped && run.result.written == 3)
        #expect(data.captioned().count == 3 && run.result.failed.isEmpty)
        let other = try CaptionServer(["chat": [Self.good]])
        let (rest, _) = try CaptionFixture.run(try fixture.captioner { $0.endpoint = other.endpoint }, data)
        #expect(rest.result.written == 5 && rest.result.skipped == 3)
        #expect(try other.questions.count == 5)
    }
    @Test func `excluded clips are left alone, and a dataset of another shell is refused before anything is asked`()
        throws
    {
        let fixture = try CaptionFixture(chat: [Self.good], images: 2), data = try fixture.dataset()
        try data.clip(1).setExcluded(true)
        #expect(throws: DatasetError.self) { try fixture.captioner().start(fixture.dataset(), CaptionOptions()) }
        #expect(try fixture.server.questions.isEmpty)
        #expect(try CaptionFixture.run(fixture.captioner(), data).run.result.skipped == 1)
    }

    // MARK: What is asked

    @Test func `only what was asked for is sent`() throws {
        let fixture = try CaptionFixture(chat: [Self.good], images: 1, videos: 0), data = try fixture.dataset()
        try CaptionFixture.run(fixture.captioner(), data)
        try CaptionFixture.run(fixture.captioner(), data) {
            ($0.override, $0.temperature, $0.maxNewTokens) = (true, 0.5, 77)
        }
        let bodies = try fixture.server.questions.compactMap { $0["body"]?.object }
        #expect(
            bodies.map { $0.keys.sorted() } == [
                ["max_tokens", "messages", "model"], ["max_tokens", "messages", "model", "temperature"],
            ])
        #expect(
            bodies[1]["max_tokens"] == 77 && bodies[1]["temperature"]?.number == 0.5 && bodies[0]["max_tokens"] == 200)
    }
    @Test func `a prompt may have places, or be a function of the clip, and images may have one of their own`() throws {
        let fixture = try CaptionFixture(chat: [Self.good], images: 2), data = try fixture.dataset(),
            captioner = try fixture.captioner { $0.concurrency = 1 }
        try data.clip(1).setCaption("old")
        try CaptionFixture.run(captioner, data) { options in
            (options.override, options.edited) = (true, true)
            options.prompt = "{name}|{caption}|{trigger}|{folder}|{tags}"
            (options.trigger, options.avoid, options.must) = ("APT", ["red cloak"], ["lake"])
        }
        try CaptionFixture.run(
            captioner, data, { ($0.override, $0.imagePrompt) = (true, "Picture!") },
            prompt: { $0.name == "c00.png" ? "Own {name}" : nil })
        let texts = try fixture.server.questions.map(text)
        let name = Path.name(fixture.folder.path),
            wishes = " Do not mention any of: red cloak. Use each of these words: lake."
        #expect(texts == ["c00|old|APT|\(name)|\(wishes)", "c01||APT|\(name)|\(wishes)", "Own c00", "Picture!"])
        #expect(throws: CaptionerError.self) {
            try CaptionFixture.run(captioner, data, { $0.override = true }, prompt: { _ in "{nothing}" })
        }
    }
    @Test func `the trigger comes once, and words that are there or are not are listed`() throws {
        let replies = ["A red cloak.", "APT, a boat.", "A boat.", "The RED CLOAK, a boat."].map {
            CaptionServer.caption($0)
        }
        let fixture = try CaptionFixture(chat: replies, images: 4), data = try fixture.dataset()
        let (run, _) = try CaptionFixture.run(try fixture.captioner { $0.concurrency = 1 }, data) { options in
            (options.trigger, options.avoid, options.must) = ("APT", ["red cloak"], ["boat"])
        }
        #expect(
            data.clips.map(\.caption) == [
                "APT A red cloak.", "APT, a boat.", "APT A boat.", "APT The RED CLOAK, a boat.",
            ])
        #expect(
            run.result.suspect.map(\.clip) == ["c00.png", "c03.png"] && run.result.suspect.allSatisfy { $0.isKept })
        #expect(run.result.suspect[0].reason == "mentions red cloak; lacks boat")
    }
    @Test func `a second instruction gets the first answer and no picture`() throws {
        let fixture = try CaptionFixture(
            chat: [CaptionServer.caption("Long words."), CaptionServer.caption("Short.")], images: 1)
        let data = try fixture.dataset()
        try CaptionFixture.run(fixture.captioner(), data) { $0.refine = "Shorten for {name}:" }
        let questions = try fixture.server.questions
        #expect(
            questions.map { $0["media"]?.integer } == [1, 0] && text(questions[1]) == "Shorten for c00:\n\nLong words.")
        #expect(try data.clip(1).caption == "Short.")
    }
    @Test func `clips of the same bytes are asked about once, unless they are asked otherwise`() throws {
        let fixture = try CaptionFixture(chat: [Self.good], images: 2)
        for name in ["d.png", "e.png"] { try fixture.folder.write(try Files.read(fixture.folder["c00.png"]), to: name) }
        let data = try fixture.dataset()
        let (run, _) = try CaptionFixture.run(fixture.captioner(), data)
        #expect(run.result.written == 4 && run.result.duplicates == 2 && data.captioned().count == 4)
        #expect(try fixture.server.questions.count == 2)
        try CaptionFixture.run(fixture.captioner(), data) { ($0.override, $0.prompt) = (true, "{name}") }
        #expect(try fixture.server.questions.count == 6)
    }
    @Test func `what it would take is told without asking`() throws {
        let fixture = try CaptionFixture(chat: [Self.good], images: 0, videos: 3), data = try fixture.dataset()
        try data.clip(1).setCaption("x")
        let captioner = try fixture.captioner { ($0.price, $0.frames) = (TokenPrice(input: 10, output: 100), 4) }
        try AtomicFile.write("no video", to: fixture.folder["v2.mp4"])
        let plan = try captioner.estimate(data, CaptionOptions())
        #expect(plan.failed.map(\.clip) == ["v2.mp4"])
        // 64×48 pixels are 5×4 tiles of 14.
        #expect(plan.estimate.clips == 1 && plan.estimate.frames == 4 && plan.skipped == 1 && plan.estimate.input > 80)
        let price = (Double(plan.estimate.input) * 10 + Double(plan.estimate.output) * 100) / 1e6
        #expect(abs((plan.estimate.price ?? 0) - price) < 1e-12)
        #expect(try fixture.server.requests.isEmpty)
    }

    // MARK: Which model

    @Test func `the server is asked which model it has, once, and one that goes is named with what is left`() throws {
        let list: JSON = [
            "data": [
                ["id": "a-code", "supports_image_in": true], ["id": "b", "supports_image_in": false],
                ["id": "c", "supports_image_in": true],
            ]
        ]
        let gone = CaptionServer.failure(
            404, type: "resource_not_found_error", "not found the model c or permission denied")
        let fixture = try CaptionFixture(["chat": [Self.good, Self.good, gone], "models": ["json": list]], images: 5)
        let data = try fixture.dataset(), captioner = try fixture.captioner { ($0.model, $0.concurrency) = (nil, 1) }
        let (run, notes) = try CaptionFixture.run(captioner, data)
        #expect(notes.contains { $0.hasPrefix("model c: ") } && run.result.written == 2)
        let failure = run.failure.map { "\($0)" } ?? ""
        #expect(failure.hasPrefix("2 of 5 done, 3 left") && failure.contains("a-code, b, c"), "\(failure)")
        let paths = try fixture.server.requests.compactMap { $0["path"]?.string }
        #expect(
            paths == [
                "/v1/models", "/v1/chat/completions", "/v1/chat/completions", "/v1/chat/completions", "/v1/models",
            ])
        #expect(data.captioned().clips.allSatisfy { $0.author == "c" })
    }
    @Test func `KIMI's usual model is taken where there is no list, thinks nothing and has its own temperature`() throws
    {
        let fixture = try CaptionFixture(chat: [Self.good], images: 2),
            captioner = try fixture.captioner(.kimi(.ai)) { $0.model = nil }
        let (run, notes) = try CaptionFixture.run(captioner, try fixture.dataset()) { $0.temperature = 0.7 }
        #expect(run.result.written == 2 && notes.count { $0.contains("fixes the temperature") } == 1)
        let body = try #require(try fixture.server.questions.first?["body"]?.object)
        #expect(
            body["model"] == "kimi-k2.6" && body["thinking"]?["type"] == "disabled" && body["temperature"] == nil
                && body["max_completion_tokens"] == 200)
        let other = try CaptionFixture(chat: [CaptionServer.failure(401, "Invalid Authentication")], images: 1)
        let (refused, _) = try CaptionFixture.run(other.captioner(.kimi(.cn)), other.dataset())
        let sentence = refused.failure.map { "\($0)" } ?? ""
        #expect(sentence.contains("api.moonshot.cn") && sentence.contains("api.moonshot.ai"), "\(sentence)")
    }

    // MARK: How clips are shown

    @Test func `frames are JPEGs of a longest side, a grid is one, an image is itself`() throws {
        let fixture = try CaptionFixture(chat: [Self.good], videos: 1), data = try fixture.dataset()
        try CaptionFixture.run(fixture.captioner { ($0.frames, $0.size) = (3, 32) }, data)
        try CaptionFixture.run(fixture.captioner { ($0.frames, $0.sending) = (9, .grid) }, data) { $0.override = true }
        try CaptionFixture.run(fixture.captioner { $0.frames = 3 }, data) { ($0.override, $0.fps) = (true, 5) }
        let questions = try fixture.server.questions
        #expect(
            questions.map(kinds) == [
                ["image_url", "image_url", "image_url", "text"], ["image_url", "text"],
                Array(repeating: "image_url", count: 5) + ["text"],
            ])
        let urls =
            questions[0]["body"]?["messages"]?.array?[0]["content"]?.array?.compactMap {
                $0["image_url"]?["url"]?.string
            } ?? []
        #expect(
            urls.count == 3 && urls.allSatisfy { $0.hasPrefix("data:image/jpeg;base64,ffd8,") } && Set(urls).count == 3)
    }
    @Test func `a server of one picture gets the frames on one, and is not asked otherwise again`() throws {
        let limit: JSON = [
            "by_media": [[">1", CaptionServer.failure(400, "At most 1 image(s) may be provided in one prompt.")]],
            "otherwise": Self.good,
        ]
        let fixture = try CaptionFixture(chat: [limit], videos: 2)
        let (run, _) = try CaptionFixture.run(try fixture.captioner { $0.concurrency = 1 }, try fixture.dataset())
        #expect(run.result.written == 2)
        #expect(try fixture.server.questions.map { $0["media"]?.integer } == [8, 1, 1])
    }
    @Test func `a server without video gets frames, and is not asked otherwise again`() throws {
        let none: JSON = [
            "by_media": [
                ["video_url", CaptionServer.failure(400, "At most 0 video(s) may be provided in one prompt.")]
            ], "otherwise": Self.good,
        ]
        let fixture = try CaptionFixture(chat: [none], videos: 2)
        let (run, notes) = try CaptionFixture.run(
            try fixture.captioner { ($0.concurrency, $0.sending) = (1, .clip) }, try fixture.dataset())
        #expect(run.result.written == 2 && notes.contains { $0.contains("frames are sent instead") })
        #expect(try fixture.server.questions.map { kinds($0)[0] } == ["video_url", "image_url", "image_url"])
    }
    @Test func `a clip that the server cannot decode comes again at a constant rate`() throws {
        let fixture = try CaptionFixture(
            chat: [CaptionServer.failure(400, "failed to decode video"), Self.good], videos: 2)
        let (run, _) = try CaptionFixture.run(
            try fixture.captioner { ($0.concurrency, $0.sending) = (1, .clip) }, try fixture.dataset())
        #expect(run.result.written == 2)
        let urls = try fixture.server.questions.map {
            $0["body"]?["messages"]?.array?[0]["content"]?.array?[0]["video_url"]?["url"]?.string ?? ""
        }
        #expect(urls.count == 3 && Set(urls).count == 3 && urls.allSatisfy { $0.hasPrefix("data:video/mp4;base64,") })
    }
    @Test func `KIMI gets a large clip as a file, which is gone afterwards, also when the answer fails`() throws {
        for (reply, written) in [(Self.good, 1), (CaptionServer.failure(400, "no"), 0)] {
            let fixture = try CaptionFixture(["chat": [reply], "files": ["json": ["id": "f-12"]]], videos: 1)
            let bytes = try Files.read(fixture.folder["v0.mp4"])
            try fixture.folder.write(
                bytes + [0x01, 0x60, 0, 8] + Array("free".utf8) + [UInt8](repeating: 0, count: 22 << 20), to: "v0.mp4")
            let (run, _) = try CaptionFixture.run(
                try fixture.captioner(.kimi(.cn)) { $0.sending = .clip }, try fixture.dataset())
            #expect(run.result.written == written, "\(run.result.failed)")
            let requests = try fixture.server.requests
            #expect(
                requests.map { "\($0["method"]?.string ?? "") \($0["path"]?.string ?? "")" } == [
                    "POST /v1/files", "POST /v1/chat/completions", "DELETE /v1/files/f-12",
                ])
            #expect(
                requests[0]["bytes"]?.integer ?? 0 > 22 << 20
                    && requests[1]["body"]?.text().contains("ms://f-12") == true)
        }
    }

    // MARK: Proving that it sees

    @Test func `a model that sees is told from one that does not`() throws {
        let seeing = Told { question, _ in
            let file = try #require(question.media), frame = try file.frame()
            func name(_ x: Int) -> String {
                let at = (frame.width * 10 + x) * 3, pixel = frame.pixels[at..<(at + 3)].map { $0 > 100 }
                return [
                    [true, false, false]: "red", [false, true, false]: "green", [false, false, true]: "blue",
                    [true, true, false]: "yellow", [true, true, true]: "white",
                ][pixel] ?? "black"
            }
            return CaptionAnswer(text: "\(name(10)) and \(name(frame.width - 10))")
        }
        #expect(try Captioner(seeing).check().model == "told")
        let blind = try CaptionFixture(chat: [CaptionServer.caption("I see a lovely picture.")])
        do {
            _ = try blind.captioner().check()
            Issue.record("it saw")
        } catch {
            #expect(
                "\(error)".contains("did not see the picture") && (error as? any UserError)?.kind == "captioner.blind")
        }
        #expect(try blind.captioner().ask(seeingPicture(), "What?") == "I see a lovely picture.")
    }
    private func seeingPicture() throws -> String {
        let path = Scratch.path("picture", ".png")
        try StillImage.write(TestPicture().frame, to: path)
        return path
    }
}

/// A model that says what a test tells it to.
struct Told: CaptionBackend {
    let title = "told", concurrency = 1
    let body: @Sendable (CaptionQuestion, CaptionControl) throws -> CaptionAnswer
    init(_ body: @escaping @Sendable (CaptionQuestion, CaptionControl) throws -> CaptionAnswer) { self.body = body }

    func model(_ control: CaptionControl) throws -> String { "told" }
    func answer(_ question: CaptionQuestion, _ control: CaptionControl) throws -> CaptionAnswer {
        try body(question, control)
    }
    func estimate(_ question: CaptionQuestion) throws -> CaptionEstimate { CaptionEstimate() }
}
