import Glibc

/// The present time as text.
public enum Timestamp {
    /// `2026-05-01 12:30:00`: local, for people.
    public static func readable() -> String { text("%Y-%m-%d %H:%M:%S", localtime_r) }
    /// `2026-05-01T12:30:00+0200`: local, with its distance from UTC.
    public static func zoned() -> String { text("%Y-%m-%dT%H:%M:%S%z", localtime_r) }
    /// `2026-05-01T10:30:00Z`: UTC, the same wherever it is written.
    public static func universal() -> String { text("%Y-%m-%dT%H:%M:%SZ", gmtime_r) }

    private static func text(
        _ format: String, _ parts: (UnsafePointer<time_t>, UnsafeMutablePointer<tm>) -> UnsafeMutablePointer<tm>?
    ) -> String {
        var now = time(nil), date = tm()
        _ = parts(&now, &date)
        var buffer = [CChar](repeating: 0, count: 64)
        let length = strftime(&buffer, buffer.count, format, &date)
        return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
