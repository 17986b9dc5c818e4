import Base
import Foundation

/// The environment variables of Hugging Face's own programs, read as those read them: an empty one counts as unset, `~` is the
/// home folder, and an old name holds where the new one is unset.
public struct HubEnvironment: Sendable {
    private let variables: [String: String]
    /// Where names of repositories are asked for. With a path where `HF_ENDPOINT` has one.
    public let endpoint: HTTPAddress
    /// `HF_HOME`, with the token and, unless told otherwise, the cache.
    public let home: String
    /// The folder of the cache, which is read and never written to.
    public let cache: String

    /// Throws `HubError.setting` for an `HF_ENDPOINT` that is no address.
    public init(_ variables: [String: String] = ProcessInfo.processInfo.environment) throws {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { variables[$0] }.first { !$0.isEmpty }
        }
        self.variables = variables
        let cacheHome = value("XDG_CACHE_HOME").map { Path.join($0, "huggingface") } ?? "~/.cache/huggingface"
        home = Path.absolute(value("HF_HOME") ?? cacheHome)
        cache = Path.absolute(value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? Path.join(home, "hub"))
        let address = value("HF_ENDPOINT") ?? Self.publicEndpoint
        do { endpoint = try HTTPAddress(address) } catch {
            throw HubError.setting("HF_ENDPOINT", "\(error)")
        }
    }
    /// The hub itself.
    static let publicEndpoint = "https://huggingface.co"

    private func value(_ names: String...) -> String? { names.lazy.compactMap { variables[$0] }.first { !$0.isEmpty } }
    private func isOn(_ name: String) -> Bool {
        ["1", "ON", "YES", "TRUE"].contains(variables[name]?.uppercased() ?? "")
    }

    /// The variable that forbids the network; nil where none does. `TRANSFORMERS_OFFLINE` holds while the hub's own is unset.
    public var offlineVariable: String? {
        let name = value("HF_HUB_OFFLINE") == nil ? "TRANSFORMERS_OFFLINE" : "HF_HUB_OFFLINE"
        return isOn(name) ? name : nil
    }
    /// Seconds for an answer that is no file.
    public var answerTimeout: Double {
        value("HF_HUB_ETAG_TIMEOUT").flatMap(Double.init).flatMap { $0 > 0 ? $0 : nil } ?? 30
    }
    /// Seconds without a byte of a file after which it is asked for again.
    public var idleTimeout: Double {
        value("HF_HUB_DOWNLOAD_TIMEOUT").flatMap(Double.init).flatMap { $0 > 0 ? $0 : nil } ?? 60
    }
    /// Whether progress is shown unless asked for.
    public var showsProgress: Bool { !isOn("HF_HUB_DISABLE_PROGRESS_BARS") }
    /// Whether downloads are counted by the hub.
    var isCounted: Bool { !isOn("HF_HUB_DISABLE_TELEMETRY") && !isOn("DO_NOT_TRACK") && !isOn("DISABLE_TELEMETRY") }
    /// What we call ourselves.
    var userAgent: String {
        "ltxsh" + (value("HF_HUB_USER_AGENT_ORIGIN").map { "; origin/\($0)" } ?? "")
    }
    /// Where ModelScope is.
    public var modelScope: HTTPAddress {
        get throws {
            let name = value("MODELSCOPE_DOMAIN") ?? "modelscope.cn"
            do { return try HTTPAddress(name.contains("://") ? name : "https://\(name)") } catch {
                throw HubError.setting("MODELSCOPE_DOMAIN", "\(error)")
            }
        }
    }

    /// The token, and where it came from; nil without one. Throws `HubError.setting` for one that cannot be sent.
    ///
    /// - Parameter isNeeded: also where `HF_HUB_DISABLE_IMPLICIT_TOKEN` keeps it from requests that may do without.
    public func token(isNeeded: Bool) throws -> (key: AccessKey, origin: String)? {
        if !isNeeded, isOn("HF_HUB_DISABLE_IMPLICIT_TOKEN") { return nil }
        for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
            if let text = value(name) { return (try key(text, name), name) }
        }
        let path = Path.absolute(value("HF_TOKEN_PATH") ?? Path.join(home, "token"))
        guard let text = try? Files.text(path), !Self.trimmed(text).isEmpty else { return nil }
        return (try key(text, "'\(path)'"), "'\(path)'")
    }
    private func key(_ text: String, _ origin: String) throws -> AccessKey {
        guard let key = AccessKey(Self.trimmed(text)) else {
            throw HubError.setting(origin, "it holds a blank, a control character or a letter that no token has")
        }
        return key
    }
    private static func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }

    /// What is set of the variables that are looked at, for people: of a token only that it is.
    public var shown: [(name: String, value: String)] {
        Self.names.compactMap { name in
            value(name).map { (name, name.hasSuffix("TOKEN") && !name.contains("DISABLE") ? "set" : $0) }
        }
    }
    private static let names = [
        "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH",
        "HF_HUB_DISABLE_IMPLICIT_TOKEN", "HF_ENDPOINT", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_ETAG_TIMEOUT",
        "HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK",
        "HF_HUB_USER_AGENT_ORIGIN", "MODELSCOPE_DOMAIN", "http_proxy", "https_proxy", "HTTPS_PROXY", "ALL_PROXY",
        "no_proxy",
    ]
}
