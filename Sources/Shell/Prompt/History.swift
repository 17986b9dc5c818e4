import CReadline
import Base
import Glibc

/// What was typed, across sessions: one entry a line of the file, newlines written as `\n` and backslashes doubled.
///
/// The file (mode 0600) is only appended to, under a lock, so that shells side by side keep every entry. A start reads its
/// last 4 MiB, drops what is not text and keeps the newest of equal entries; a file that has grown far beyond that is
/// rewritten. A file that cannot be read or written costs the history, never the session.
final class History {
    /// The most entries that are kept.
    static let capacity = 10_000
    private static let readAtMost = 4 << 20
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
            let entries = try load(path)
            for entry in entries { cr_history_add(entry) }
            last = entries.last
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

    /// The entries of the file, oldest first, each once.
    private func load(_ path: String) throws -> [String] {
        let folder = Path.folder(path)
        if !Files.isFolder(folder) {
            try Files.makeFolder(folder)
            chmod(folder, 0o700)
        }
        guard Files.exists(path) else { return [] }
        let size = Files.size(path) ?? 0
        let entries = History.unique(try History.tail(path))
        if size > 2 * History.readAtMost {
            try History.locked(path) {
                let text = entries.map { History.escaped($0) + "\n" }.joined()
                try AtomicFile.write(text, to: path)
            }
        }
        chmod(path, 0o600)
        return entries
    }

    /// The entries in the last part of the file.
    private static func tail(_ path: String) throws -> [String] {
        // O_NONBLOCK: a FIFO in the place of the file must not hang the start.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError.last("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError.system(
                operation: "read", path: path, code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
        }
        let size = Int(status.st_size)
        let from = max(0, size - readAtMost)
        var bytes = [UInt8](repeating: 0, count: size - from), filled = 0
        while filled < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled, off_t(from + filled))
            }
            if count < 0 { throw FileError.last("read", path) }
            if count == 0 { break }
            filled += count
        }
        var lines = bytes[..<filled].split(separator: 10, omittingEmptySubsequences: false)
        // The first line of a part may be the end of a longer one.
        if from > 0, !lines.isEmpty { lines.removeFirst() }
        return lines.compactMap(entry)
    }
    /// A line as an entry, `nil` when it is not text that someone typed.
    private static func entry(_ line: ArraySlice<UInt8>) -> String? {
        guard !line.isEmpty, line.count <= longestEntry, !line.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7F }),
            let text = String(validating: line, as: UTF8.self)
        else { return nil }
        return unescaped(text)
    }
    /// The newest of equal entries, at most `capacity`.
    private static func unique(_ entries: [String]) -> [String] {
        var seen: Set<String> = []
        return Array(entries.reversed().filter { seen.insert($0).inserted }.prefix(capacity).reversed())
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
