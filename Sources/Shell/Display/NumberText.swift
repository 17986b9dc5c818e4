import Media
import Glibc

/// Numbers as text: always with a point, whatever the locale.
enum NumberText {
    /// As Lua's `tostring` writes a float: `%.14g`, with `.0` when it would read as an integer.
    static func lua(_ value: Double) -> String {
        if value.isNaN { return "nan" }  // C's sign of it says nothing
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let text = format("%.14g", value)
        return text.contains { ".en".contains($0) } ? text : text + ".0"
    }
    /// A number with so many significant digits, without an exponent where that reads well.
    static func significant(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite else { return lua(value) }
        let size = abs(value)
        if size >= 1e15 || size > 0 && size < 1e-4 { return format("%.\(max(0, digits - 1))e", value) }
        let magnitude = size > 0 ? Int(log10(size).rounded(.down)) : 0
        return format("%.\(max(0, digits - 1 - magnitude))f", value)
    }

    private static func format(_ pattern: String, _ value: Double) -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let length = withVaList([value]) { vsnprintf(&buffer, buffer.count, pattern, $0) }
        let text = String(
            decoding: buffer.prefix(Int(max(0, min(length, 63)))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // LC_NUMERIC is never set by us, but a library that is loaded later may do it.
        return String(text.map { $0 == "," ? "." : $0 })
    }
}

/// Lengths of clips.
enum DurationText {
    /// `3.2 s`, `1:05.0`, `1:02:03`.
    static func text(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0 else { return "?" }
        if seconds >= 3600 { return ProgressMeter.clock(seconds) }
        let tenths = Int((seconds * 10).rounded())
        if tenths < 600 { return "\(tenths / 10).\(tenths % 10) s" }
        let rest = tenths % 600
        return "\(tenths / 600):\(rest < 100 ? "0" : "")\(rest / 10).\(rest % 10)"
    }
    /// The same of a file; `?` where nothing tells, `nil` for an image.
    static func text(of file: VideoFile) -> String? {
        file.isImage ? nil : file.isDurationKnown ? text(file.duration) : "?"
    }
}
