import Base
import Foundation

/// How long to wait before a request is made again.
public struct Waiting: Sendable {
    /// Seconds before the first repetition; each one after it waits twice as long.
    public var first = 1.0
    /// Seconds at most, without a word of the server.
    public var most = 30.0
    /// A server that asks for more than so many seconds is not waited for.
    public static let longest = 300.0

    /// Seconds before the first repetition, and at most.
    public init(first: Double = 1, most: Double = 30) { (self.first, self.most) = (first, most) }

    /// Seconds before repetition `count` from 0, a random part less, so that many do not come back at once.
    public func seconds(_ count: Int) -> Double {
        min(most, first * pow(2, Double(min(count, 20)))) * Double.random(in: 0.5...1)
    }

    /// Seconds that a server asks for in whatever header, or `delay` of the body; nil when it asks for none.
    public static func asked(_ headers: [String: String], _ delay: Double?, now: Date = Date()) -> Double? {
        if let text = headers["retry-after-ms"], let value = Double(text), value >= 0 { return value / 1000 }
        if let text = headers["retry-after"] {
            if let value = Double(text), value >= 0 { return value }
            if let date = date(text) { return max(0, date.timeIntervalSince(now)) }
        }
        if let delay, delay >= 0 { return delay }
        if let text = headers["ratelimit"], let seconds = window(text) { return seconds }
        for name in ["ratelimit-reset", "x-ratelimit-reset", "x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"] {
            guard headers["x-ratelimit-remaining"] ?? "0" == "0", let text = headers[name] else { continue }
            guard let value = Double(text.hasSuffix("s") ? String(text.dropLast()) : text), value >= 0 else { continue }
            // A moment rather than a length of time: since 1970, in milliseconds or seconds.
            if value > 1e12 { return max(0, value / 1000 - now.timeIntervalSince1970) }
            if value > 1e9 { return max(0, value - now.timeIntervalSince1970) }
            return value
        }
        return nil
    }
    /// `"api";r=0;t=123`: nothing is left for so many seconds. Nil while something is.
    private static func window(_ text: String) -> Double? {
        var left: Double?, reset: Double?
        for part in text.split(separator: ";") {
            let pair = part.split(separator: "=").map { $0.trimmingCharacters(in: .whitespaces) }
            guard pair.count == 2 else { continue }
            if pair[0] == "r" { left = Double(pair[1]) }
            if pair[0] == "t" { reset = Double(pair[1]) }
        }
        guard left == 0, let reset, reset >= 0 else { return nil }
        return reset + 1
    }
    private static func date(_ text: String) -> Date? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.date(from: text)
    }
}
