import Base
import Glibc

/// Writes the session down: `:transcript` as Lua that can be run again, `:log` with times. Keys are masked in both.
final class SessionRecorder {
    private final class File {
        let path: String, descriptor: Int32
        init(_ path: String, append: Bool) throws {
            let full = Path.expandingTilde(path)
            self.path = path
            descriptor = open(full, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0o600)
            guard descriptor >= 0 else { throw FileError.last("write", path) }
        }
        deinit { Glibc.close(descriptor) }
        func write(_ text: String) throws {
            try Array(Secrets.redacted(text).utf8).withUnsafeBytes {
                try AtomicFile.write($0, to: descriptor, path: path)
            }
        }
    }
    private var transcript: File?, log: File?
    /// A line is masked as a whole.
    private var lines = OutputLines()
    private let console: Console

    init(_ console: Console) {
        self.console = console
        console.listeners.append { [weak self] in self?.output($0, isError: $1) }
    }

    /// The files that are being written.
    var transcriptPath: String? { transcript?.path }
    var logPath: String? { log?.path }

    /// Starts or (`nil`) ends the transcript.
    func startTranscript(_ path: String?) throws {
        flush()
        transcript = nil
        guard let path else { return }
        transcript = try File(path, append: false)
        try transcript?.write(
            "-- ltxsh \(Program.version) transcript: inputs as typed, \"--> \" before what they printed\n")
    }
    /// Starts or (`nil`) ends the log.
    func startLog(_ path: String?) throws {
        flush()
        log = nil
        if let path { log = try File(path, append: true) }
    }
    func close() {
        flush()
        (transcript, log) = (nil, nil)
    }

    /// Notes an input.
    func input(_ text: String) {
        flush()
        let isLua = !PromptInput(text).isCommand && !text.hasPrefix("=")
        // Commands of the prompt are comments, so that the file runs as a script; `:replay` knows them.
        if !text.hasPrefix(":transcript") { record(&transcript, isLua ? text + "\n" : "--: " + text + "\n") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            record(&log, "\(Timestamp.zoned()) > \(line)\n")
        }
    }
    private func output(_ text: String, isError: Bool) {
        guard transcript != nil || log != nil else { return }
        lines.add(text, isError: isError) { line($0, isError: $1) }
    }
    private func flush() { lines.flush { line($0, isError: $1) } }
    private func line(_ text: String, isError: Bool) {
        record(&transcript, OutputLines.transcript(text, isError: isError) + "\n")
        record(&log, "\(Timestamp.zoned()) \(isError ? "!" : "<") \(text)\n")
    }
    /// A file that can no longer be written (a full disk) is given up once, with a word; the session goes on.
    private func record(_ file: inout File?, _ text: String) {
        guard let open = file else { return }
        do { try open.write(text) } catch {
            file = nil
            console.message("'\(open.path)' is no longer written: \(error)")
        }
    }
}
