import Base
import Media

/// What answers questions about clips: a model in memory, or a server.
protocol CaptionBackend: Sendable {
    /// How people know it: `"kimi-k2.6 at api.moonshot.cn"`.
    var title: String { get }
    /// The name of the model that answers, as it is kept with captions.
    func model(_ control: CaptionControl) throws -> String
    /// How many questions are worth asking at a time.
    var concurrency: Int { get }
    /// Whether a clip is worth decoding while the one before is asked about, though questions are asked one at a time.
    var decodesAhead: Bool { get }
    /// Whether it answers in this process, so that every rank has one.
    var isShared: Bool { get }
    /// Throws what is wrong with this clip, or with the backend as a whole (`endsAll`).
    func answer(_ question: CaptionQuestion, _ control: CaptionControl) throws -> CaptionAnswer
    /// What a question will take, asked of nobody. Reads the clip's header.
    func estimate(_ question: CaptionQuestion) throws -> CaptionEstimate
    /// Forgets what it holds in memory; it is there again when it is asked. Throws when it is in use.
    func unload() throws -> [ModelKey]
}

extension CaptionBackend {
    var decodesAhead: Bool { false }
    var isShared: Bool { false }
    /// Questions that keep it busy: those that it answers, and one whose clip is decoded meanwhile.
    var places: Int { concurrency + (decodesAhead ? 1 : 0) }
    func unload() throws -> [ModelKey] { [] }
}

/// A question about a clip, or about a text alone.
struct CaptionQuestion: Sendable {
    /// Nil for a question about the text alone.
    var media: VideoFile?
    var prompt: String
    var maxNewTokens: Int
    /// Nil: the model's own.
    var temperature: Double?
    /// Frames a second to look at; nil: as the backend does.
    var fps: Double?
}

/// What a model said.
struct CaptionAnswer: Sendable {
    var text: String
    /// It ended because there was no room for more.
    var isCut = false
    /// Why it is not to be trusted, in the words of the backend.
    var doubt: String?
}

/// Tokens of questions and answers.
public struct CaptionUsage: Sendable, Equatable {
    /// Tokens of prompts and pictures, of answers, and of answers what was thought first.
    public var input = 0, output = 0, thinking = 0
    /// Questions that were asked, those asked again included.
    public var requests = 0
    /// Nothing so far.
    public init() {}

    static func += (a: inout CaptionUsage, b: CaptionUsage) {
        a.input += b.input
        a.output += b.output
        a.thinking += b.thinking
        a.requests += b.requests
    }
}

/// What questions will take.
public struct CaptionEstimate: Sendable, Equatable {
    /// Clips, and pictures of them that are looked at.
    public var clips = 0, frames = 0
    /// Tokens that go in and come out.
    public var input = 0, output = 0
    /// What they cost, where a price is known.
    public var price: Double?
}

/// What captioning would come to.
public struct CaptionPlan: Sendable {
    /// Of the clips that would be asked about.
    public let estimate: CaptionEstimate
    /// Clips that would be left alone.
    public let skipped: Int
    /// Clips that cannot be asked about, and why.
    public let failed: [CaptionResult.Remark]
    /// At the pace so far; a guess before the first answer.
    public let minutes: Double
}

/// How whoever waits for an answer hears of it, and ends it. Any thread.
struct CaptionControl: Sendable {
    var isStopped: @Sendable () -> Bool = { false }
    /// Why nothing is sent now; nil when it goes on.
    var waiting: @Sendable (String?) -> Void = { _ in }
    var note: @Sendable (String) -> Void = { _ in }

    /// What a request took, also one whose answer was none.
    var spent: @Sendable (CaptionUsage) -> Void = { _ in }

    func checkpoint() throws { if isStopped() { throw Cancelled() } }
}
