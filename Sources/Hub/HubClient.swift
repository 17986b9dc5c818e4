import Base
import Foundation

/// A hub that is asked: where it is, who asks, and how long is waited. Safe from any thread; each has its own connection.
public final class HubClient: Sendable {
    /// The variables that it goes by.
    public let environment: HubEnvironment
    /// Where it is.
    public let endpoint: HTTPAddress
    /// What a failure that may pass is asked again after, and how often without anything gained.
    let waiting: Waiting, retries: Int
    let token: (key: AccessKey, origin: String)?
    let pause = SharedPause()
    /// What is spoken there.
    public let dialect: Dialect

    /// Hugging Face's way, or ModelScope's.
    public enum Dialect: Sendable { case huggingFace, modelScope }

    /// ModelScope, which no token of Hugging Face goes to.
    public static func modelScope(
        _ environment: HubEnvironment, waiting: Waiting = Waiting(), retries: Int = 5
    ) throws -> HubClient {
        try HubClient(environment, environment.modelScope, waiting, retries)
    }
    private init(_ environment: HubEnvironment, _ endpoint: HTTPAddress, _ waiting: Waiting, _ retries: Int) {
        (self.environment, self.endpoint, self.waiting, self.retries) = (environment, endpoint, waiting, retries)
        (token, dialect) = (nil, .modelScope)
    }
    /// Hugging Face, or a server that speaks as it does.
    ///
    /// - Parameters:
    ///   - endpoint: nil for that of the environment.
    ///   - needsToken: whether there must be one, as for writing. Throws `HubError.setting` then when there is none.
    public init(
        _ environment: HubEnvironment, endpoint: String? = nil, needsToken: Bool = false, waiting: Waiting = Waiting(),
        retries: Int = 5
    ) throws {
        self.environment = environment
        do { self.endpoint = try endpoint.map { try HTTPAddress($0) } ?? environment.endpoint } catch {
            throw HubError.setting("'endpoint'", "\(error)")
        }
        (self.waiting, self.retries, dialect) = (waiting, retries, .huggingFace)
        let found = try environment.token(isNeeded: needsToken), address = self.endpoint
        if needsToken, found == nil {
            throw HubError.setting(
                "HF_TOKEN", "it is not set; make a token with the role \"write\" at \(address)/settings/tokens")
        }
        guard let found else {
            token = nil
            return
        }
        let isReadable = address.scheme == "http" && !address.isPrivate
        let isMirror = Self.publicMirrors.contains { address.host == $0 || address.host.hasSuffix(".\($0)") }
        if needsToken, isReadable || isMirror {
            throw HubError.setting(
                "HF_ENDPOINT",
                isMirror
                    ? "\(address.host) is a public mirror, which a token is not sent to; unset it to write to the hub itself"
                    : "a token is not sent over http to \(address.host); use https")
        }
        token = isReadable || isMirror ? nil : found
    }
    /// Mirrors of strangers: what a token opens is none of their business.
    static let publicMirrors = ["hf-mirror.com", "hf-cdn.sufy.com", "aifasthub.com"]
    /// Whether a token that is there is kept from the endpoint.
    public var keepsToken: Bool { get throws { try token == nil && environment.token(isNeeded: false) != nil } }

    // MARK: Asking

    /// A request below the endpoint or to another host; the token goes to the endpoint alone.
    func request(_ method: String, _ address: HTTPAddress) -> HTTPRequest {
        var request = HTTPRequest(method, address)
        request.headers = [("User-Agent", environment.userAgent)]
        if let token, address.isSameOrigin(as: endpoint) { request.headers.append(token.key.header) }
        request.timeout = environment.answerTimeout
        return request
    }

    /// The answer below 300, after redirects of the endpoint and after what may pass. Throws `HubError`, `HTTPError` or `Cancelled`.
    func answer(
        _ request: HTTPRequest, of subject: HubRefusal.Subject, _ connection: HTTPConnection, _ monitor: Monitor
    ) throws -> HTTPResponse {
        let response = try response(request, connection, monitor)
        if response.status >= 300 { throw failure(response, request, subject) }
        return response
    }
    /// What an answer above 300 means.
    func failure(_ response: HTTPResponse, _ request: HTTPRequest, _ subject: HubRefusal.Subject) -> HubError {
        if let refusal = HubRefusal(response, subject, at: endpoint, token: token) { return .refused(refusal) }
        let said = HubMessage.text(response, masking: token?.key)
        return .failed(
            "\(request.method) \(request.address.path)", host: request.address.authority,
            reason: "answered \(response.status)\(said.isEmpty ? "" : ": \(said)")")
    }

    /// The answer of whatever status, after redirects and after what may pass. Throws `HubError`, `HTTPError` or `Cancelled`.
    func response(_ request: HTTPRequest, _ connection: HTTPConnection, _ monitor: Monitor) throws -> HTTPResponse {
        var request = request, hops = 0, repeats = 0
        while true {
            try pause.wait(monitor) { monitor.report(Progress("waiting: \($0)", 0, of: nil, "answers")) }
            let response: HTTPResponse
            do { response = try connection.perform(request, isStopped: { monitor.shouldStop }) } catch let error
                as HTTPError
                where error.mayPass && repeats < retries
            {
                try sleep(repeats, monitor)
                repeats += 1
                continue
            }
            if (300..<400).contains(response.status), let location = response.headers["location"] {
                // What is written must not be written elsewhere.
                guard request.method == "GET" || request.method == "HEAD" else {
                    throw HubError.failed(
                        request.method, host: request.address.authority, reason: "redirects to \(location.prefix(200))")
                }
                let old = request
                request = self.request(old.method, try next(from: old.address, location, &hops))
                (request.timeout, request.largestAnswer) = (old.timeout, old.largestAnswer)
                continue
            }
            if try waits(response, request.address, &repeats, monitor) { continue }
            return response
        }
    }

    /// Where a redirect leads. Throws for the twentieth, and for one from https to http.
    func next(from address: HTTPAddress, _ location: String, _ hops: inout Int) throws -> HTTPAddress {
        hops += 1
        guard hops <= 20 else { throw HubError.redirects(address, count: hops) }
        let next = try address.following(location)
        guard !(address.scheme == "https" && next.scheme == "http") else {
            throw HubError.failed("a redirect", host: address.authority, reason: "leads from https to http")
        }
        return next
    }

    /// Whether an answer says to ask again, after the pause that it asks for has begun. Throws `HubError.comeBack`, and the failure
    /// itself when it was repeated often enough.
    func waits(
        _ response: HTTPResponse, _ address: HTTPAddress, _ repeats: inout Int, _ monitor: Monitor
    ) throws -> Bool {
        guard [408, 425, 429, 500, 502, 503, 504].contains(response.status) else { return false }
        guard repeats < retries else { return false }
        let asked = Waiting.asked(response.headers, nil)
        if let asked, asked > Waiting.longest { throw HubError.comeBack(address.authority, seconds: asked) }
        let seconds = asked ?? waiting.seconds(repeats)
        repeats += 1
        if response.status == 429 {
            pause.begin(seconds, "\(address.host) asks for a pause")
        } else {
            try sleep(seconds: seconds, monitor)
        }
        return true
    }
    func sleep(_ repeats: Int, _ monitor: Monitor) throws { try sleep(seconds: waiting.seconds(repeats), monitor) }
    private func sleep(seconds: Double, _ monitor: Monitor) throws {
        var left = seconds
        while left > 0 {
            try monitor.checkpoint()
            usleep(UInt32(min(left, 0.05) * 1e6))
            left -= 0.05
        }
    }

    /// An answer as JSON. Throws `HubError.notAHub` for anything else.
    func json(
        _ request: HTTPRequest, of subject: HubRefusal.Subject, _ connection: HTTPConnection, _ monitor: Monitor
    ) throws -> (json: JSON, response: HTTPResponse) {
        let response = try answer(request, of: subject, connection, monitor)
        do { return (try JSON(parsing: String(decoding: response.body, as: UTF8.self)), response) } catch {
            throw HubError.notAHub(endpoint, reason: "what it sent is no JSON")
        }
    }
}
