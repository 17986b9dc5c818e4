import Base
import Hub

/// What a server answered instead of a caption, or that it did not answer.
public struct APIFailure: UserError {
    /// What can be done about it.
    enum Cause: Equatable, Sendable {
        case auth, quota, model, address, noPictures, redirect
        case rate, overloaded, loading, server, network, malformed
        case tooLarge, filtered, refused, empty
        /// A parameter that this model does not take.
        case parameter(String)
        /// So many pictures at most in one request.
        case pictureLimit(Int)
        case noVideo, undecodable
    }
    let cause: Cause
    /// Of the answer; 0 without one.
    let status: Int
    /// The server's sentence, short and without the key.
    var message: String
    /// What to do about it.
    var hint: String?
    /// How the server knows the request.
    var requestID: String?
    /// Seconds that the server asks to wait.
    var wait: Double?
    let host: String

    init(
        _ cause: Cause, _ message: String, host: String, status: Int = 0, hint: String? = nil, requestID: String? = nil,
        wait: Double? = nil
    ) {
        (self.cause, self.message, self.host, self.status) = (cause, message, host, status)
        (self.hint, self.requestID, self.wait) = (hint, requestID, wait)
    }
    init(_ error: HTTPError, host: String) {
        let cause: Cause
        if case .tooLong = error { cause = .malformed } else { cause = error.mayPass ? .network : .address }
        self.init(cause, "\(error)", host: host)
    }

    /// The same request may do a moment later.
    var mayPass: Bool {
        switch cause {
        case .rate, .overloaded, .loading, .server, .network, .malformed: true
        default: false
        }
    }
    /// No other clip would fare better.
    var endsAll: Bool {
        switch cause {
        case .auth, .quota, .model, .address, .noPictures, .redirect: true
        default: false
        }
    }

    /// See `UserError`.
    public var kind: String {
        switch cause {
        case .auth: "captioner.auth"
        case .quota: "captioner.quota"
        case .model: "captioner.model"
        case .address, .redirect: "captioner.address"
        case .noPictures: "captioner.no_pictures"
        case .rate, .overloaded, .loading: "captioner.busy"
        case .server, .malformed: "captioner.server"
        case .network: "captioner.network"
        case .tooLarge: "captioner.too_large"
        case .filtered: "captioner.filtered"
        case .empty: "captioner.empty"
        case .refused, .parameter, .pictureLimit, .noVideo, .undecodable: "captioner.refused"
        }
    }
    /// See `UserError`.
    public var description: String {
        let place = status == 0 ? "" : "\(host) answered \(status): "
        let known = requestID.map { " (request \($0))" } ?? ""
        return place + message + known + (hint.map { "; \($0)" } ?? "")
    }
}

/// A captioner that cannot be made or used as it is asked to.
public enum CaptionerError: UserError {
    case key(String)
    case option(String, String)
    case models(String)
    /// One clip cannot be asked about; others can.
    case clip(String)
    case blind(model: String, answer: String)
    case noClips(String)
    case stopped(done: Int, of: Int, any UserError)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .key: "captioner.key"
        case .option: "captioner.option"
        case .models: "captioner.model"
        case .clip: "captioner.clip"
        case .blind: "captioner.blind"
        case .noClips: "captioner.empty_dataset"
        case .stopped(_, _, let why): why.kind
        }
    }
    /// See `UserError`.
    public var key: String? {
        if case .option(let name, _) = self { name } else { nil }
    }
    /// No other clip would fare better.
    var endsAll: Bool { if case .clip = self { false } else { true } }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .key(let reason): "no usable key: \(reason)"
        case .option(let name, let reason): "'\(name)' \(reason)"
        case .models(let reason), .clip(let reason): reason
        case .blind(let model, let answer):
            "the model \(model) did not see the picture: asked for its two colours it said '\(answer.prefix(120))'; "
                + "choose a model that takes images"
        case .noClips(let path): "'\(path)' has no clips to caption"
        case .stopped(let done, let all, let why): "\(done) of \(all) done, \(all - done) left: \(why)"
        }
    }
}
