import Base

/// Ranks that could not come together, or that lost each other.
public struct ProcessGroupError: UserError, Equatable {
    /// What became of the others.
    public enum Cause: String, Sendable { case failed, timedOut = "timed_out", lost, differ }
    /// What libtorch's words mean.
    public let cause: Cause
    /// What libtorch says.
    public let reason: String
    /// The one that noticed, and how many there are.
    public let rank: Int, size: Int

    init(_ reason: String, rank: Int, of size: Int) {
        // Gloo's advice, and its good wishes.
        let end = reason.firstRange(of: ". This is typically caused by")?.lowerBound ?? reason.endIndex
        (self.reason, self.rank, self.size) = (String(reason[..<end]), rank, size)
        cause = Self.cause(of: reason)
    }
    /// Gloo's exceptions have only their text to tell what happened.
    private static func cause(of reason: String) -> Cause {
        func has(_ parts: String...) -> Bool { parts.contains { reason.contains($0) } }
        if has("do not ask for the same") { return .differ }
        if has("Connection timed out") { return .lost }  // TCP gave the link up
        if has("Timed out", "timed out", "timeout") { return .timedOut }
        let lost = has(
            "Connection closed", "reset by peer", "Broken pipe", "Socket closed", "unexpectedly closed",
            "is unreachable", "No route to host", "Connection refused")
        return lost ? .lost : .failed
    }

    /// `"ranks.lost"` and its kin.
    public var kind: String { "ranks.\(cause.rawValue)" }
    /// One line with this rank, and what to do.
    public var description: String {
        let start = "rank \(rank) of \(size): "
        return switch cause {
        case .lost: start + "another rank has ended, or its host is gone (\(reason)); that one's last words say why"
        case .timedOut:
            start + "\(reason); a rank is stuck, slower than LTXSH_RANKS_TIMEOUT seconds allow, or was never started"
        case .differ: start + "\(reason); every rank must run the same script on the same data"
        case .failed: start + reason
        }
    }
}
