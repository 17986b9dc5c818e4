import Base
import Synchronization

/// What a server has been found to take, so that no clip is refused for what another clip was refused for.
struct Dialect: Sendable {
    /// What the limit of new tokens is called; nil when the server takes no such parameter.
    var limitName: String?
    /// Parameters that are not sent any more.
    var dropped: Set<String> = []
    private var hasRenamed = false
    /// How clips are sent.
    var sending: Sending
    /// A clip was encoded again because the server could not decode it.
    var reencodes = false

    init(limitName: String, sending: Sending) { (self.limitName, self.sending) = (limitName, sending) }

    /// Learns that a parameter is refused. Returns a sentence for the user, empty for what was known.
    mutating func learn(_ name: String, host: String) -> String {
        if name == limitName {
            if !hasRenamed {
                hasRenamed = true
                limitName = name == "max_tokens" ? "max_completion_tokens" : "max_tokens"
                return "\(host) does not take '\(name)': '\(limitName ?? "")' is sent instead"
            }
            limitName = nil
            return "\(host) takes no limit of new tokens: none is sent"
        }
        // Of a request that was made before another clip's was refused.
        if ["max_tokens", "max_completion_tokens"].contains(name) || dropped.contains(name) { return "" }
        dropped.insert(name)
        return "\(host) does not take '\(name)': it is not sent any more"
    }
    /// Learns that a way of sending clips is refused. Nil when there is no other.
    mutating func learn(refused: Sending, by host: String) -> String? {
        guard sending == refused else { return "" }  // another clip has learned it already
        switch refused {
        case .clip:
            sending = .frames
            return "\(host) does not take whole clips: frames are sent instead"
        case .frames:
            sending = .grid
            return "\(host) takes one picture at a time: the frames are sent on one picture"
        case .grid: return nil
        }
    }
}

/// How a clip is shown to a server.
public enum Sending: String, Sendable, CaseIterable {
    /// Some of its frames, one picture each.
    case frames
    /// The file as it is.
    case clip
    /// Its frames on one picture, with their times.
    case grid
}
