import Glibc

/// Finds what must not be kept: keys and tokens in a line on its way to history, transcript or log.
enum Secrets {
    /// True when the text holds, sets or spells out a key.
    static func contains(_ text: String) -> Bool { !places(text).isEmpty }

    /// The text with every key replaced by `•••`.
    static func redacted(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for place in places(text).reversed() { bytes.replaceSubrange(place, with: Array("•••".utf8)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Values of environment variables that hold keys: they count wherever they turn up, whatever they look like.
    private static let fromEnvironment: [[UInt8]] = {
        var found: [[UInt8]] = []
        var place = environ
        while let entry = place.pointee {
            let parts = String(cString: entry).split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[1].utf8.count >= 8, isSecretName(parts[0].lowercased()) {
                found.append(Array(parts[1].utf8))
            }
            place += 1
        }
        return found
    }()

    /// Prefixes that key issuers use, and how many key characters follow at least.
    private static let prefixes: [(text: [UInt8], least: Int)] = [
        ("sk-", 8), ("hf_", 8), ("ghp_", 8), ("github_pat_", 8), ("xoxb-", 8), ("AKIA", 12), ("Bearer ", 8),
        ("bearer ", 8),
        ("Basic ", 12), ("AIza", 16),
    ].map { (Array($0.0.utf8), $0.1) }

    private static func places(_ text: String) -> [Range<Int>] {
        let bytes = Array(text.utf8)
        var found: [Range<Int>] = []
        for key in fromEnvironment { found += occurrences(of: key, in: bytes) }
        for prefix in prefixes {
            for place in occurrences(of: prefix.text, in: bytes) {
                // "task-…" holds "sk-": a key starts where a word starts.
                if place.lowerBound > 0, isWord(bytes[place.lowerBound - 1]) { continue }
                let end = bytes[place.upperBound...].firstIndex { !isKeyByte($0) } ?? bytes.count
                if end - place.upperBound >= prefix.least { found.append(place.lowerBound..<end) }
            }
        }
        found += assignments(bytes)
        return merged(found)
    }

    /// `name = "value"`, `name: value`, `setenv("NAME", "value")` where the name speaks of a key.
    private static func assignments(_ bytes: [UInt8]) -> [Range<Int>] {
        var found: [Range<Int>] = [], at = 0
        while at < bytes.count {
            guard isWord(bytes[at]) else {
                at += 1
                continue
            }
            let end = bytes[at...].firstIndex { !isWord($0) } ?? bytes.count
            let name = String(decoding: bytes[at..<end], as: UTF8.self).lowercased()
            at = end
            guard isSecretName(name) else { continue }
            var value = end, sawSign = false
            while value < bytes.count, Array(" \t\"'])=:,(".utf8).contains(bytes[value]) {
                sawSign = sawSign || Array("=:,(".utf8).contains(bytes[value])
                value += 1
            }
            let quoted = value > 0 && (bytes[value - 1] == UInt8(ascii: "\"") || bytes[value - 1] == UInt8(ascii: "'"))
            let stop = bytes[value...].firstIndex { quoted ? $0 == bytes[value - 1] : !isKeyByte($0) } ?? bytes.count
            // A call or a variable in its place (`token = os.getenv(…)`, `api_key = key`) is no key; a literal is.
            guard sawSign, stop > value, !bytes[value...].starts(with: Array("•••".utf8)) else { continue }
            let literal =
                quoted || isUpperName(bytes[..<end]) || bytes[value..<stop].contains { (0x30...0x39).contains($0) }
            let isNumber = bytes[value..<stop].allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
            let isCall = stop < bytes.count && bytes[stop] == UInt8(ascii: "(")
            if literal, !isNumber, !isCall { found.append(value..<stop) }
        }
        return found
    }
    /// `api_key`, `HF_TOKEN`, `password`; not `max_new_tokens` or `keys`, and not `key_env`, which names a variable.
    private static func isSecretName(_ name: String) -> Bool {
        if name.hasSuffix("_env") { return false }
        return ["api_key", "apikey", "api-key", "secret", "password", "passwd", "authorization"].contains {
            name.contains($0)
        }
            || name == "token" || name.hasSuffix("_token") || name.hasSuffix("accesskey")
            || name.hasSuffix("access_key")
    }
    private static func isUpperName(_ before: ArraySlice<UInt8>) -> Bool {
        let name = before.reversed().prefix { isWord($0) }
        return !name.contains { (0x61...0x7A).contains($0) }
    }
    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }
    private static func isKeyByte(_ byte: UInt8) -> Bool { isWord(byte) || Array("-./+=".utf8).contains(byte) }

    private static func occurrences(of part: [UInt8], in bytes: [UInt8]) -> [Range<Int>] {
        guard let first = part.first, bytes.count >= part.count else { return [] }
        return (0...(bytes.count - part.count)).compactMap { at in
            bytes[at] == first && bytes[at..<(at + part.count)].elementsEqual(part) ? at..<(at + part.count) : nil
        }
    }
    private static func merged(_ places: [Range<Int>]) -> [Range<Int>] {
        places.sorted { $0.lowerBound < $1.lowerBound }.reduce(into: []) { merged, place in
            if let last = merged.last, place.lowerBound < last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, place.upperBound)
            } else {
                merged.append(place)
            }
        }
    }
}
