import Base
import Hub

extension Captioner {
    /// How a server is asked; what is nil is as its preset has it.
    public struct APIOptions: Sendable {
        /// A name of `presets`.
        public var preset: String?
        /// Where `/chat/completions` is, without that.
        public var endpoint: String?
        /// The server's name for it; nil asks the server.
        public var model: String?
        /// `cn` or `ai`, for the preset `kimi`.
        public var region: String?
        /// An environment variable, or a file, that holds the key.
        public var keyVariable: String?, keyFile: String?
        /// Pictures of a clip.
        public var frames: Int?
        /// Pixels of a picture's longest side.
        public var size: Int?
        /// How a clip is shown.
        public var sending = Sending.frames
        /// Requests on their way at once, at most.
        public var concurrency: Int?
        /// Seconds for one answer.
        public var timeout: Double?
        /// Repetitions of a request whose failure may pass.
        public var retries = 4
        /// The key may go over http to anywhere.
        public var isInsecure = false
        /// Of a million tokens, for `estimate`.
        public var price: TokenPrice?

        /// A plain server, whose address is missing.
        public init() {}
    }
    /// Names of servers of which something is known.
    public static var presets: [String] { APIPreset.all.map(\.name) }
    /// Names of the two platforms of KIMI.
    public static var regions: [String] { APIPreset.Region.allCases.map(\.rawValue) }

    /// A server that speaks OpenAI's format. Asks nobody yet.
    ///
    /// Throws `CaptionerError` when the key or the address is missing or the key would go where others can read it.
    public static func api(_ options: APIOptions, monitor: Monitor = Monitor()) throws -> Captioner {
        var preset = APIPreset.plain
        if let name = options.preset {
            guard let known = APIPreset.all.first(where: { $0.name == name }) else {
                throw CaptionerError.option(
                    "preset",
                    "is unknown: '\(name)'\(Suggestion.hint(for: name, in: presets)) (there are: "
                        + presets.joined(separator: ", ") + ")")
            }
            preset = known
        }
        if let region = options.region {
            guard preset.name == "kimi", let region = APIPreset.Region(rawValue: region) else {
                throw CaptionerError.option("region", "is \"cn\" or \"ai\", and goes with KIMI alone")
            }
            preset = .kimi(region)
        }
        var own = APICaptioner.Options()
        own.endpoint = options.endpoint
        if own.endpoint == nil, options.region == nil {
            own.endpoint = preset.addressVariables.lazy.compactMap { APIKey.variable($0) }.first.map {
                preset.name == "ollama" ? ollama($0) : $0
            }
        }
        own.model = options.model
        own.key = APIKey.Sources(variable: options.keyVariable, file: options.keyFile)
        if preset.name == "kimi" { own.key.usualFile = "api_key.txt" }
        (own.frames, own.size, own.sending) = (options.frames, options.size, options.sending)
        (own.concurrency, own.timeout, own.retries) = (options.concurrency, options.timeout, options.retries)
        (own.isInsecure, own.price) = (options.isInsecure, options.price)
        let backend = try APICaptioner(preset, own)
        if let path = backend.key?.file, let warning = APIKey.warning(file: path) { monitor.note(warning) }
        return Captioner(backend)
    }
    /// What `OLLAMA_HOST` says is an address to listen at: without a scheme, and possibly every one of the machine's.
    private static func ollama(_ host: String) -> String {
        var text = host.contains("://") ? host : "http://\(host)"
        text = text.replacing("//0.0.0.0", with: "//127.0.0.1")
        if (try? HTTPAddress(text))?.port == nil, !text.hasPrefix("https") { text += ":11434" }
        return text.hasSuffix("/v1") ? text : text + "/v1"
    }
}
