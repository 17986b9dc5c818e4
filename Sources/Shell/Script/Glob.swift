import Base
import Glibc

/// File name patterns, as shells have them: `*` and `?` within a name, `[a-z]`, and `**` for any depth.
enum Glob {
    /// The paths that match, sorted by their bytes. A hidden file matches only a pattern that begins with a dot.
    static func paths(matching pattern: String) throws -> [String] {
        let parts = pattern.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        let start = pattern.hasPrefix("/") ? "/" : ""
        var found: [String] = []
        walk(start, parts[...], &found)
        var seen: Set<String> = []
        return found.filter { seen.insert($0).inserted }.sorted {
            Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8))
        }
    }

    private static func walk(_ folder: String, _ parts: ArraySlice<String>, _ found: inout [String]) {
        guard let part = parts.first else { return }
        let rest = parts.dropFirst()
        if part == "**" {
            if rest.isEmpty { walk(folder, ["*"], &found) } else { walk(folder, rest, &found) }
            // A symbolic link is not followed: a loop of links would have no end.
            for name in names(folder) where !name.hasPrefix(".") && isRealFolder(Path.join(folder, name)) {
                walk(Path.join(folder, name), parts, &found)
            }
            return
        }
        if !part.contains(where: { "*?[\\".contains($0) }) {
            let path = Path.join(folder, part)
            if rest.isEmpty {
                if Files.exists(path) { found.append(path) }
            } else if Files.isFolder(path) {
                walk(path, rest, &found)
            }
            return
        }
        for name in names(folder) where fnmatch(part, name, FNM_PERIOD) == 0 {
            let path = Path.join(folder, name)
            if rest.isEmpty { found.append(path) } else if Files.isFolder(path) { walk(path, rest, &found) }
        }
    }
    /// An unreadable folder holds nothing that matches.
    private static func names(_ folder: String) -> [String] { (try? Files.list(folder.isEmpty ? "." : folder)) ?? [] }
    private static func isRealFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
