/// Times as people write them.
public enum Timecode {
    /// `HH:MM:SS.nnn`, rounded to the millisecond.
    public static func text(_ seconds: Double) -> String {
        guard seconds.isFinite, abs(seconds) < 1e9 else { return "?" }
        let all = Int((abs(seconds) * 1000).rounded())
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let clock = [all / 3_600_000, all / 60_000 % 60, all / 1000 % 60].map { digits($0, 2) }.joined(separator: ":")
        return (seconds < 0 && all > 0 ? "-" : "") + clock + "." + digits(all % 1000, 3)
    }
}
