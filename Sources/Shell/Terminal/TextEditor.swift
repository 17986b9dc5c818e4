import Base
import Glibc

/// The person's own editor. The terminal is the editor's until it ends.
struct TextEditor {
    /// `$VISUAL`, `$EDITOR`, or what most systems have.
    var command =
        Environment["VISUAL"] ?? Environment["EDITOR"] ?? (Files.exists("/usr/bin/nano") ? "nano" : "vi")
    /// Where texts lie that have no file of their own.
    var folder = Environment["TMPDIR"] ?? "/tmp"

    /// Lets the person edit a file. Throws `EditorError.failed` when the editor cannot be run or fails.
    func open(_ path: String) throws {
        // The command may have arguments of its own, so a shell takes it apart.
        let status = try ChildProcess.run("\(command) \"$1\"", arguments: [path])
        guard status == 0 else { throw EditorError.failed(command, status: status) }
    }
    /// Lets the person edit a text; returns what `accept` makes of what was saved.
    ///
    /// When `accept` throws, the edited file is kept and named in the error, an `EditorError.notTaken`. Throws
    /// `FileError`, and as `open`.
    func edit<Value>(
        _ text: String, named name: String, as ending: String = ".txt", accept: (String) throws -> Value
    ) throws -> Value {
        let path = try temporaryFile(text, name, ending)
        var isKept = false
        defer { if !isKept { unlink(path) } }
        try open(path)
        let saved = Self.withoutReturns(try Files.text(path), unlessIn: text)
        do { return try accept(saved) } catch let error as any UserError {
            isKept = true
            throw EditorError.notTaken(error, kept: path)
        }
    }

    /// A new file that only this user can read. Its name cannot be known before, so nobody can have put a link there.
    private func temporaryFile(_ text: String, _ name: String, _ ending: String) throws -> String {
        // A clip's name may be as long as a file's name can be.
        let name = String(String.UnicodeScalarView(name.unicodeScalars.prefix(40)))
        var pattern = Array(Path.join(folder, "ltxsh-\(name)-XXXXXX\(ending)").utf8CString)
        let descriptor = mkstemps(&pattern, Int32(ending.utf8.count))
        guard descriptor >= 0 else { throw FileError.last("make a file to edit in", folder) }
        defer { close(descriptor) }
        let path = String(decoding: pattern.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do {
            try Array(text.utf8).withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: path) }
        } catch {
            unlink(path)
            throw error
        }
        return path
    }
    /// An editor may save a text with CR LF that had none.
    private static func withoutReturns(_ saved: String, unlessIn given: String) -> String {
        given.utf8.contains(13) ? saved : String(String.UnicodeScalarView(saved.unicodeScalars.filter { $0 != "\r" }))
    }
}

/// Why nothing came of editing a text.
enum EditorError: UserError {
    /// The editor could not be run, or failed.
    case failed(String, status: Int32)
    /// What was typed could not be taken; it is kept in a file.
    indirect case notTaken(any UserError, kept: String)

    var kind: String {
        switch self {
        case .failed: "editor.failed"
        case .notTaken(let error, _): error.kind
        }
    }
    var path: String? { if case .notTaken(_, let path) = self { path } else { nil } }
    var description: String {
        switch self {
        case .failed(let command, 127): "the editor '\(command)' was not found; set $VISUAL or $EDITOR"
        case .failed(let command, let status):
            "the editor '\(command)' ended with status \(status); nothing was changed; set $VISUAL or $EDITOR"
        case .notTaken(let error, let kept): "\(error); your text is kept in '\(kept)'"
        }
    }
}
