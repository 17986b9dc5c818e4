import CReadline
import Base
import Glibc

/// What was typed, across sessions: one entry a line of the file, newlines written as `\n` and backslashes doubled.
///
/// The file (mode 0600) is only appended to, under a lock, so that shells side by side keep every entry. A start reads its
/// last 12 MiB, drops what is not text and keeps the newest of equal entries; a file that has grown far beyond that is
/// rewritten. A file that cannot be read or written costs the history, never the session.
final class History {
    /// The most entries that are kept.
    static let capacity = 100_000
    private static let readAtMost = 12 << 20
    private static let longestEntry = 64 << 10

    /// Where the history is, `nil` for one that lives in memory alone.
    let path: String?
    /// Why entries are not being written, for one sentence to the user.
    private(set) var trouble: String?
    private var last: String?

    /// `LTXSH_HISTORY`, else `$XDG_STATE_HOME/ltxsh/history`, else `~/.local/state/ltxsh/history`; `nil` without a home.
    static func defaultPath(_ environment: (String) -> String? = { Environment[$0] }) -> String? {
        if let path = environment("LTXSH_HISTORY") { return Path.expandingTilde(path) }
        // XDG: a relative path is to be ignored.
        if let state = environment("XDG_STATE_HOME"), state.hasPrefix("/") { return Path.join(state, "ltxsh/history") }
        return environment("HOME").map { Path.join($0, ".local/state/ltxsh/history") }
    }

    /// Loads the file into the editor.
    init(_ path: String?) {
        self.path = path
        cr_history_clear()
        guard let path else { return }
        do {
            last = try load(path)
        } catch { trouble = "\(error)" }
    }

    /// Remembers an entry, in the editor and on disk, unless it is empty, begins with a blank, repeats the last one or holds a
    /// key.
    func add(_ entry: String) {
        var entry = entry
        while entry.last?.isWhitespace == true { entry.removeLast() }
        guard let first = entry.first, first != " ", entry != last, entry.utf8.count <= History.longestEntry,
            !Secrets.contains(entry)
        else { return }
        last = entry
        cr_history_forget(entry)
        cr_history_add(entry)
        guard let path, trouble == nil else { return }
        do { try History.append(entry, to: path) } catch { trouble = "\(error)" }
    }

    // MARK: - The file

    private static func append(_ entry: String, to path: String) throws {
        try locked(path) {
            let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw FileError.last("open", path) }
            defer { close(descriptor) }
            // A line that a full disk cut short must not swallow this one.
            var end: UInt8 = 10
            let size = lseek(descriptor, 0, SEEK_END)
            let isWhole = size <= 0 || pread(descriptor, &end, 1, size - 1) != 1 || end == 10
            let line = (isWhole ? "" : "\n") + escaped(entry) + "\n"
            try Array(line.utf8).withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: path) }
        }
    }

    /// Puts the entries of the file into the editor. Returns the last.
    private func load(_ path: String) throws -> String? {
        let folder = Path.folder(path)
        if !Files.isFolder(folder) {
            try Files.makeFolder(folder)
            chmod(folder, 0o700)
        }
        guard Files.exists(path) else { return nil }
        let size = Files.size(path) ?? 0
        var text = try HistoryText(
            endOf: path, bytes: History.readAtMost, entries: History.capacity, longest: History.longestEntry)
        if size > 2 * History.readAtMost {
            let lines = text.lines
            try History.locked(path) { try AtomicFile.write(lines, to: path) }
        }
        chmod(path, 0o600)
        return text.addToEditor(History.unescaped)
    }

    private static func escaped(_ entry: String) -> String {
        var out = ""
        for scalar in entry.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\t": out.unicodeScalars.append(scalar)
            case "\u{0}"..<" ", "\u{7F}": continue
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
    private static func unescaped(_ line: String) -> String {
        var out = "", isEscape = false
        for character in line.unicodeScalars {
            if isEscape {
                out.unicodeScalars.append(character == "n" ? "\n" : character)
                isEscape = false
            } else if character == "\\" {
                isEscape = true
            } else {
                out.unicodeScalars.append(character)
            }
        }
        return out
    }

    /// Runs `body` alone among all shells that use this history. The lock is a file beside it, because the history itself may be
    /// replaced.
    private static func locked(_ path: String, _ body: () throws -> Void) throws {
        let name = path + ".lock"
        let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.last("lock", path) }
        defer { close(descriptor) }
        // A lock that another shell holds for long (a dead network disk) must not hold up the prompt.
        for _ in 0..<50 {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return try body() }
            usleep(10_000)
        }
        throw FileError.system(operation: "lock", path: path, code: EWOULDBLOCK)
    }
}
