import Base
import Hub

/// What a server says of a failure, out of any of the shapes in which servers say it.
struct ServerComplaint {
    private(set) var message = "", type = "", code = "", parameter = ""
    private(set) var retryDelay: Double?
    /// A status inside of the body, for servers that answer 200 to everything.
    var statusInside: Int? { Int(code) }

    /// Nil for a body that complains of nothing.
    init?(_ json: JSON) {
        let json = json.array?.first ?? json
        guard let object = json.object else { return nil }
        if let error = object["error"], !error.isNull {
            if let text = error.string { message = text } else { read(error) }
        } else if object["object"]?.string == "error" || object["type"]?.string == "error" {
            read(json)
        } else if let detail = object["detail"], !detail.isNull {
            read(detail: detail)
        } else if let errors = object["errors"]?.array, let first = errors.first {
            if let text = first.string { message = text } else { read(first) }
        } else if object["choices"] == nil, let text = object["message"]?.string {
            message = text
        } else {
            return nil
        }
    }
    private mutating func read(_ error: JSON) {
        message = error["message"]?.string ?? error["msg"]?.string ?? error.text()
        type = Self.text(error["type"]) + " " + Self.text(error["status"])
        code = Self.text(error["code"])
        parameter = Self.text(error["param"])
        let metadata = error["metadata"]
        if let raw = metadata?["raw"] {
            // A host that passes requests on says who failed, and how, only here.
            let inner = (raw.string.flatMap { try? JSON(parsing: $0) }).flatMap { ServerComplaint($0)?.message }
            message += ": " + (inner ?? raw.string ?? raw.text())
        }
        if let provider = metadata?["provider_name"]?.string { message += " (\(provider))" }
        for detail in error["details"]?.array ?? [] {
            if let text = detail["retryDelay"]?.string, text.hasSuffix("s") { retryDelay = Double(text.dropLast()) }
        }
    }
    /// FastAPI's: a text, or a list with the place of each mistake.
    private mutating func read(detail: JSON) {
        guard let list = detail.array else {
            message = detail.string ?? detail["message"]?.string ?? detail.text()
            return
        }
        message = list.map { item in
            let place = (item["loc"]?.array ?? []).compactMap { $0.string ?? $0.integer.map(String.init) }
            parameter = parameter.isEmpty ? place.last ?? "" : parameter
            return place.joined(separator: ".") + ": " + (item["msg"]?.string ?? item.text())
        }.joined(separator: ", ")
    }
    private static func text(_ json: JSON?) -> String { json?.string ?? json?.integer.map(String.init) ?? "" }
}

extension APIFailure {
    /// What a failed answer means; nil for one that did not fail.
    ///
    /// - Parameter sent: names of the parameters of the request, one of which may be what was refused.
    init?(_ response: HTTPResponse, sent: [String], host: String, masking key: APIKey?) {
        let json = try? JSON(parsing: response.body)
        let complaint = json.flatMap(ServerComplaint.init)
        if response.status == 200, complaint == nil { return nil }
        let status = response.status == 200 ? complaint?.statusInside ?? 500 : response.status
        let said = complaint?.message ?? Self.title(response.body)
        let message = Self.short(key?.masked(said) ?? said)
        let id = ["x-request-id", "x-trace-id", "request-id"].lazy.compactMap { response.headers[$0] }.first
        var cause = Self.cause(status, complaint, said.lowercased(), sent)
        var text = message.isEmpty ? "no word of what is wrong" : message
        if (300..<400).contains(status) {
            cause = .redirect
            let target = response.headers["location"].flatMap { try? HTTPAddress($0).authority } ?? "an unknown place"
            text = "it sends on to \(target), where the key does not go; give that address as the endpoint"
        }
        self.init(
            cause, text, host: host, status: response.status,
            requestID: id.map { Self.short(key?.masked($0) ?? $0) },
            wait: Waiting.asked(response.headers, complaint?.retryDelay))
    }

    private static func cause(_ status: Int, _ complaint: ServerComplaint?, _ text: String, _ sent: [String]) -> Cause {
        func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        let type = (complaint.map { "\($0.type) \($0.code)" } ?? "").lowercased()
        let isQuota =
            type.contains("quota") || type.contains("insufficient") || type.contains("billing")
            || says(
                "insufficient balance", "exceeded your current quota", "billing", "not enough credit", "tokens per day",
                "tpd")
        if status == 402 || isQuota && [400, 403, 429].contains(status) { return .quota }
        if let limit = pictureLimit(text) { return limit == 0 ? .noVideo : .pictureLimit(limit) }
        if says(
            "mmproj", "does not support image", "not support image", "image input is not supported",
            "image_url is not supported")
            || says("not a multimodal model", "no vision", "does not support vision", "image input is disabled")
        {
            return .noPictures
        }
        switch status {
        case 401, 403: return .auth
        case 404, 410:
            return says("model") || type.contains("not_found") || type.contains("model") ? .model : .address
        case 405, 501: return .address
        case 408, 409, 425: return .server
        case 413: return .tooLarge
        case 429: return type.contains("overloaded") ? .overloaded : .rate
        case 503 where says("loading"): return .loading
        case 503, 529: return .overloaded
        case 500...: return .server
        default: break
        }
        if type.contains("content_filter") || says("content_filter", "content policy", "safety system") {
            return .filtered
        }
        if says("video") && says("not support", "unsupported", "unknown", "invalid", "unexpected") { return .noVideo }
        if says("context length", "token limit", "too many tokens", "maximum context") { return .tooLarge }
        if let name = refusedParameter(complaint, text, sent) { return .parameter(name) }
        if says("too large", "exceeds the maximum") { return .tooLarge }
        if says("decode", "corrupt", "cannot identify image", "failed to load image", "failed to load video") {
            return .undecodable
        }
        if says("model") && says("not found", "does not exist", "no model") { return .model }
        return .refused
    }
    /// A parameter of ours that the complaint names.
    private static func refusedParameter(_ complaint: ServerComplaint?, _ text: String, _ sent: [String]) -> String? {
        if let name = complaint?.parameter, sent.contains(name) { return name }
        // "use max_completion_tokens instead of max_tokens": the one that was sent is the one that was refused.
        return sent.sorted { $0.count > $1.count }.first { text.contains($0) }
    }
    /// "At most 1 image(s) may be provided in one prompt": 1; for videos none: 0.
    private static func pictureLimit(_ text: String) -> Int? {
        for (pattern, isVideo) in [(/at most (\d+) image/, false), (/at most (\d+) video/, true)] {
            guard let match = text.firstMatch(of: pattern), let count = Int(match.1) else { continue }
            return isVideo ? 0 : max(1, count)
        }
        return text.contains("only one image") || text.contains("only 1 image") ? 1 : nil
    }
    /// What a page of HTML, or any other text, is about.
    private static func title(_ body: [UInt8]) -> String {
        let text = String(decoding: body.prefix(4000), as: UTF8.self)
        if let match = text.firstMatch(of: /(?is)<title[^>]*>(.*?)<\/title>/) { return String(match.1) }
        return text.contains("<") ? "" : text
    }
    /// On one line, without what could steer a terminal.
    static func short(_ text: String) -> String {
        let words = text.prefix(2000).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        let safe = words.unicodeScalars.filter { !($0.value < 32 || (127..<160).contains($0.value)) }
        return String(String.UnicodeScalarView(safe).prefix(500))
    }
}
