import Base
import Hub
import Media
import Synchronization

/// A server that speaks OpenAI's format, asked about clips. Safe from any thread.
final class APICaptioner: CaptionBackend {
    /// How it is asked.
    struct Options: Sendable {
        var endpoint: String?
        /// Nil: the server is asked what it has.
        var model: String?
        var key = APIKey.Sources()
        var frames: Int?, size: Int?
        var sending = Sending.frames
        var concurrency: Int?
        /// Seconds for one answer.
        var timeout: Double?
        /// Repetitions of a request whose failure may pass.
        var retries = 4
        /// A key may go over a network that others can listen to.
        var isInsecure = false
        var price: TokenPrice?
        var waiting = Waiting()
    }
    /// What is learned on the way.
    struct State {
        var dialect: Dialect
        var model: String?
        var told: Set<String> = []
    }

    let preset: APIPreset
    let options: Options
    let endpoint: HTTPAddress
    let key: APIKey?
    let throttle: Throttle
    let state: Mutex<State>
    private let connections = ConnectionPool()

    /// Asks nobody yet. Throws `CaptionerError` or `HTTPError` for what cannot work.
    init(_ preset: APIPreset, _ options: Options) throws {
        guard let text = options.endpoint ?? preset.endpoint else {
            throw CaptionerError.option(
                "endpoint", "is missing: the address of the server, such as \"http://127.0.0.1:8000/v1\"")
        }
        (self.preset, self.options) = (preset, options)
        var address = try HTTPAddress(text)
        for ending in ["/chat/completions", "/models"] where address.path.hasSuffix(ending) {
            address = address.replacingPath(String(address.path.dropLast(ending.count)))
        }
        endpoint = address
        var sources = options.key
        sources.usual = preset.keyVariables
        key = try APIKey.find(sources)
        if preset.needsKey, key == nil {
            throw CaptionerError.key(
                "set \(preset.keyVariables.joined(separator: " or ")), or name a file with key_file = \"…\"")
        }
        if key != nil, address.scheme == "http", !address.isPrivate, !options.isInsecure {
            throw CaptionerError.option(
                "endpoint", "'\(address)' is not encrypted, so the key is not sent there; use https, or insecure = true"
            )
        }
        throttle = Throttle(most: options.concurrency ?? preset.concurrency)
        state = Mutex(
            State(dialect: Dialect(limitName: preset.limitName, sending: options.sending), model: options.model))
    }

    var concurrency: Int { throttle.most }
    var title: String { "\(state.withLock { $0.model } ?? preset.name) at \(endpoint.host)" }
    var timeout: Double { options.timeout ?? preset.timeout }
    /// How many frames of a clip are looked at; `fps` says it by the clip's length.
    func frameCount(of file: VideoFile, fps: Double?) -> Int {
        if file.isImage { return 1 }
        guard let fps else { return options.frames ?? preset.frames }
        return min(max(1, Int((file.duration * fps).rounded())), 128)
    }
    var frameSize: Int { options.size ?? preset.size }

    func answer(_ question: CaptionQuestion, _ control: CaptionControl) throws -> CaptionAnswer {
        var exchange = try ChatExchange(self, question, control)
        return try exchange.run()
    }

    /// A request to the endpoint, with the key. Throws `APIFailure` where there is no answer at all, and `Cancelled`.
    func perform(_ request: HTTPRequest, _ control: CaptionControl) throws -> HTTPResponse {
        var request = request
        if let key { request.headers.append(key.header) }
        do { return try connections.use { try $0.perform(request, isStopped: control.isStopped) } } catch let error
            as HTTPError
        {
            throw APIFailure(error, host: endpoint.host)
        }
    }
    /// Passes a sentence on, once.
    func tell(_ sentence: String, _ control: CaptionControl) {
        if !sentence.isEmpty, state.withLock({ $0.told.insert(sentence).inserted }) { control.note(sentence) }
    }

    func estimate(_ question: CaptionQuestion) throws -> CaptionEstimate {
        var estimate = CaptionEstimate()
        (estimate.clips, estimate.input, estimate.output) = (1, question.prompt.utf8.count / 4 + 20, 150)
        let facts = state.withLock { $0.model }.flatMap { preset.facts($0) }
        // What is thought first costs as what is said.
        if facts?.leastTokens ?? 0 > 0 { estimate.output *= 10 }
        if let file = question.media {
            let scale = min(1, Double(frameSize) / Double(max(file.width, file.height)))
            let tiles = { (side: Int) in (Int(Double(side) * scale) + 13) / 14 }
            estimate.frames = frameCount(of: file, fps: question.fps)
            let pictures = options.sending == .grid ? 1 : estimate.frames
            estimate.input += pictures * tiles(file.width) * tiles(file.height)
        }
        let price = options.price ?? facts?.price
        estimate.price = price.map { (Double(estimate.input) * $0.input + Double(estimate.output) * $0.output) / 1e6 }
        return estimate
    }
}

/// Connections that nobody uses now, to be used again.
private final class ConnectionPool: Sendable {
    /// `@unchecked Sendable`: out of the list while a thread uses it.
    private struct Idle: @unchecked Sendable { let connection: HTTPConnection }
    private let idle = Mutex<[Idle]>([])

    func use<Result>(_ body: (HTTPConnection) throws -> Result) rethrows -> Result {
        let kept = idle.withLock { $0.popLast() } ?? Idle(connection: HTTPConnection())
        defer { idle.withLock { $0.append(kept) } }
        return try body(kept.connection)
    }
}
