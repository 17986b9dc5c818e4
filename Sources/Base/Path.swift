import Glibc

/// Operations on path strings. Paths stay strings because that is what Lua, C and the metadata files hold.
public enum Path {
    /// `folder/name`; an absolute `name` stands alone.
    public static func join(_ folder: String, _ name: String) -> String {
        if name.utf8.first == UInt8(ascii: "/") || folder.isEmpty { return name }
        return folder.utf8.last == UInt8(ascii: "/") ? folder + name : folder + "/" + name
    }
    /// The last component: `"a/b.mp4"` → `"b.mp4"`.
    public static func name(_ path: String) -> String {
        // By code units: folders hold tens of thousands of names.
        let path = trimmed(path)
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path.isEmpty ? "/" : String(path) }
        let name = path[path.utf8.index(after: slash)...]
        return name.isEmpty ? "/" : String(name)
    }
    /// Everything before the last component, `"."` when there is nothing.
    public static func folder(_ path: String) -> String {
        let path = trimmed(path)
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
    /// The name without its extension: `"a/b.c.mp4"` → `"b.c"`.
    public static func stem(_ path: String) -> String {
        let name = name(path)
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return name }
        return String(name[..<dot])
    }
    /// The path without its extension: `"a/b.c.mp4"` → `"a/b.c"`.
    public static func withoutExtension(_ path: String) -> String {
        let path = trimmed(path)
        return String(Substring(path.utf8.dropLast(dottedExtension(String(path)).utf8.count)))
    }
    /// The extension in lower case, without the dot: `"a/B.MP4"` → `"mp4"`.
    public static func fileExtension(_ path: String) -> String { dottedExtension(path).dropFirst().lowercased() }
    /// The extension as written, with its dot, or nothing.
    public static func dottedExtension(_ path: String) -> String {
        let name = name(path)
        guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else { return "" }
        return String(name[dot...])
    }
    /// `~` and `~/…` expanded from `HOME`.
    public static func expandingTilde(_ path: String) -> String {
        guard path == "~" || path.hasPrefix("~/"), let home = getenv("HOME") else { return path }
        return String(cString: home) + path.dropFirst(1)
    }
    /// Absolute and lexically normal (no `.`, no `..`), without touching the disk.
    public static func absolute(_ path: String) -> String {
        var path = expandingTilde(path)
        if !path.hasPrefix("/"), let here = getcwd(nil, 0) {
            path = String(cString: here) + "/" + path
            free(here)
        }
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
    /// `path` as seen from `folder` (both are made absolute first).
    public static func relative(_ path: String, to folder: String) -> String {
        let path = absolute(path).split(separator: "/"), base = absolute(folder).split(separator: "/")
        let shared = zip(path, base).prefix { $0 == $1 }.count
        let parts = Array(repeating: "..", count: base.count - shared) + path.dropFirst(shared)
        return parts.isEmpty ? "." : parts.joined(separator: "/")
    }
    /// True for a relative path whose components stay below the folder it is joined to.
    public static func staysInside(_ path: String) -> Bool {
        !path.hasPrefix("/") && !path.contains("\0") && !path.split(separator: "/").contains("..")
    }

    /// The path without links, absolute; nil for what is not there.
    public static func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
    /// True for the name of a file in somebody else's list that may be made below a folder of ours: a plain relative path
    /// that stays there on every system, whatever reads it.
    public static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && staysInside(name) && !name.hasSuffix("/") && !name.hasPrefix("~")
            && !name.contains("\\") && !name.contains(":") && !name.contains("%")
            && !name.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
            && name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
                !$0.isEmpty && $0 != "." && $0.utf8.count <= 255
            }
    }

    /// A relative path without `.` and doubled slashes: `"./a//b.mp4"` → `"a/b.mp4"`. Equal for two spellings of one path.
    public static func plain(_ path: String) -> String {
        path.hasPrefix("/") ? absolute(path) : path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    }

    private static func trimmed(_ path: String) -> Substring {
        var path = path[...]
        while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path = path.dropLast() }
        return path
    }
}
