import Base

/// What a hub refuses or does wrong.
public enum HubError: UserError {
    /// An environment variable, or a file, with what is wrong with it.
    case setting(String, String)
    case repositoryName(String)
    /// A name that is neither a known model nor a repository.
    case unknownModel(String, hint: String)
    /// A name in a list that would lie outside of the folder.
    case fileName(String)
    /// A pattern that names nothing.
    case noFile(String, HubRepository)
    case offline(variable: String, what: String)
    /// Something answers at the endpoint, and it is no hub.
    case notAHub(HTTPAddress, reason: String)
    case refused(HubRefusal)
    /// What failed, which host failed and why.
    case failed(String, host: String, reason: String)
    /// A redirect that leads in a circle or too far.
    case redirects(HTTPAddress, count: Int)
    /// The host that has the bytes, where another one was asked for the list.
    case bytesHost(String, endpoint: String, reason: String)
    case wrongContent(String, host: String, expected: String, found: String)
    case wrongSize(String, host: String, expected: Int, found: Int)
    case noSpace(String, needed: Int, free: Int)
    /// A folder in the way of a download that leads out of it.
    case leavesFolder(String, folder: String)
    /// The server asks to come back after so many seconds.
    case comeBack(String, seconds: Double)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .setting: "hub.setting"
        case .repositoryName, .unknownModel, .fileName, .leavesFolder: "hub.name"
        case .noFile: "hub.missing"
        case .offline: "hub.offline"
        case .refused: "hub.refused"
        case .wrongContent, .wrongSize: "hub.content"
        case .noSpace: "file.full"
        case .notAHub, .failed, .redirects, .bytesHost, .comeBack: "hub.network"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .wrongContent(let path, _, _, _), .wrongSize(let path, _, _, _), .noSpace(let path, _, _),
            .leavesFolder(let path, _):
            path
        default: nil
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .setting(let name, let reason): "\(name) cannot be used: \(reason)"
        case .repositoryName(let text):
            "'\(text.prefix(200))' is no name of a repository; it must be OWNER/NAME, such as Lightricks/LTX-Video"
        case .unknownModel(let text, let hint):
            "no model is called '\(text.prefix(200))'\(hint); Models.list() has the names, and a repository is OWNER/NAME"
        case .fileName(let name):
            "the list of the repository names the file '\(name.prefix(200))', which would not stay in the folder: nothing was fetched"
        case .noFile(let pattern, let repository): "no file of \(repository) is named '\(pattern)'"
        case .offline(let variable, let what):
            "\(variable) forbids the network, and \(what); unset \(variable) to fetch it"
        case .notAHub(let address, let reason):
            "\(address) does not answer as a hub does (\(reason)); HF_ENDPOINT says where the hub is"
        case .refused(let refusal): refusal.description
        case .failed(let what, let host, let reason): "\(what) failed: \(host) \(reason)"
        case .redirects(let address, let count):
            "\(address.authority) was redirected \(count) times without an end; a proxy or mirror may be misconfigured"
        case .bytesHost(let host, let endpoint, let reason):
            "\(endpoint) has the lists alone: the bytes come from \(host), and that host failed (\(reason)); "
                + "a network that blocks it can use source = \"modelscope\""
        case .wrongContent(let path, let host, let expected, let found):
            "what \(host) sent for '\(path)' is not the published file (its sum is \(found.prefix(12))…, not \(expected.prefix(12))…); "
                + "nothing of it was kept"
        case .wrongSize(let path, let host, let expected, let found):
            "\(host) sent \(found) bytes for '\(path)', which has \(expected); nothing of it was kept"
        case .noSpace(let path, let needed, let free):
            "'\(path)' has room for \(ByteCount(free)), and \(ByteCount(needed)) are still to come; make room or choose another 'output'"
        case .leavesFolder(let path, let folder):
            "'\(path)' is a link that leads out of '\(folder)': nothing is fetched through it"
        case .comeBack(let host, let seconds):
            "\(host) says to come back in \(Int((seconds / 60).rounded(.up))) minutes; what is fetched so far is kept"
        }
    }
}

/// Why a hub says no, and what to do.
public struct HubRefusal: Sendable, CustomStringConvertible {
    /// What was asked for.
    public enum Subject: Sendable {
        case repository(HubRepository)
        /// A file of it, or a revision.
        case part(String, HubRepository)
        /// Something else: a sentence's beginning.
        case other(String)

        var repository: HubRepository? {
            switch self {
            case .repository(let repository), .part(_, let repository): repository
            case .other: nil
            }
        }
    }
    /// Why.
    public enum Cause: Sendable {
        case repositoryMissing, revisionMissing, fileMissing, gated, disabled, badToken, fineGrained, readOnly, denied
    }
    /// Why.
    public let cause: Cause
    /// The status, and what the server said.
    public let status: Int, message: String
    private let subject: Subject
    private let host: String, endpoint: HTTPAddress
    /// Where the token that was sent came from; nil for none.
    private let token: String?

    /// Nil for an answer that is no refusal: what may pass, and what is no failure.
    init?(
        _ response: HTTPResponse, _ subject: Subject, at endpoint: HTTPAddress, token: (key: AccessKey, origin: String)?
    ) {
        guard [401, 403, 404, 410, 451].contains(response.status) else { return nil }
        let said = HubMessage.text(response, masking: token?.key), code = response.headers["x-error-code"] ?? ""
        (status, message, self.subject, self.token) = (response.status, said, subject, token?.origin)
        (host, self.endpoint) = (endpoint.authority, endpoint)
        cause =
            if said.contains("Invalid credentials in Authorization header") {
                .badToken
            } else if said.contains("Access to this resource is disabled") || response.status == 451 {
                .disabled
            } else if response.status == 403, said.lowercased().contains("fine-grained") {
                .fineGrained
            } else if response.status == 403,
                said.lowercased().contains("write") || said.lowercased().contains("read-only")
            {
                .readOnly
            } else {
                switch code {
                case "GatedRepo": .gated
                case "RepoNotFound": .repositoryMissing
                case "RevisionNotFound": .revisionMissing
                case "EntryNotFound": .fileMissing
                // Nobody without a token is told whether a repository is private or not there.
                default: response.status == 401 ? .repositoryMissing : response.status == 404 ? .fileMissing : .denied
                }
            }
    }

    private var what: String {
        switch subject {
        case .repository(let repository): "\(repository)"
        case .part(let part, let repository): "'\(part)' of \(repository)"
        case .other(let text): text
        }
    }
    private var page: String { "\(endpoint)\(subject.repository.map { "/\($0)" } ?? "")" }
    private var said: String { message.isEmpty ? "" : " (\(host) said: \(message))" }
    /// One sentence with what to do.
    public var description: String {
        let repository = subject.repository.map { "\($0)" } ?? what
        switch (cause, token) {
        case (.repositoryMissing, nil):
            return
                "no repository \(repository) at \(host), or it is private: check its name; of a private one, set HF_TOKEN to a token that may read it"
        case (.repositoryMissing, let token?):
            return "no repository \(repository) at \(host), or it is private and the token of \(token) may not see it"
        case (.revisionMissing, nil):
            return "\(repository) has no such revision (\(what)): a branch, tag or commit; its page \(page) lists them"
        case (.revisionMissing, let token?):
            return
                "\(repository) has no such revision (\(what)) that the token of \(token) may see; its page \(page) lists them"
        case (.fileMissing, nil): return "\(what) is not there at \(host); its page \(page) lists the files"
        case (.fileMissing, let token?):
            return
                "\(what) is not there at \(host), or the token of \(token) may not see it; its page \(page) lists the files"
        case (.gated, nil):
            return
                "\(repository) is gated: accept its terms at \(page), make a token at \(endpoint)/settings/tokens and set HF_TOKEN"
        case (.gated, let token?):
            return
                "\(repository) is gated, and the account of the token of \(token) has not been let in: ask for access at \(page)"
        case (.fineGrained, _):
            return
                "the token of \(token ?? "HF_TOKEN") lacks the right \"Read access to contents of all public gated repos you can access\": add it at \(endpoint)/settings/tokens"
        case (.readOnly, _):
            return
                "the token of \(token ?? "HF_TOKEN") may not write to \(repository): make one with the role \"write\" at \(endpoint)/settings/tokens\(said)"
        case (.disabled, nil): return "\(repository) has been taken down at \(host)"
        case (.disabled, let token?):
            return "\(repository) has been taken down at \(host), for the token of \(token), too"
        case (.badToken, _):
            return
                "\(host) does not know the token of \(token ?? "HF_TOKEN"): make a new one at \(endpoint)/settings/tokens, or unset it for public models"
        case (.denied, nil): return "\(host) does not let anybody at \(what) without a token (\(status))\(said)"
        case (.denied, let token?): return "\(host) does not let the token of \(token) at \(what) (\(status))\(said)"
        }
    }
}

/// What a server says of a failure.
enum HubMessage {
    /// One line without control characters and without the token; empty for none.
    static func text(_ response: HTTPResponse, masking key: AccessKey?) -> String {
        var text = response.headers["x-error-message"] ?? ""
        if text.isEmpty, let body = try? JSON(parsing: String(decoding: response.body.prefix(100_000), as: UTF8.self)) {
            let first = body["errors"]?.array?.first
            text = body["error"]?.string ?? body["message"]?.string ?? first?["message"]?.string ?? first?.string ?? ""
        } else if text.isEmpty, !response.body.contains(UInt8(ascii: "<")) {
            text = String(decoding: response.body.prefix(300), as: UTF8.self)
        }
        let plain = String(
            text.unicodeScalars.map { scalar -> Character in
                scalar.value < 32 || (127...159).contains(scalar.value) ? " " : Character(scalar)
            })
        return String((key?.masked(plain) ?? plain).prefix(300))
    }
}
