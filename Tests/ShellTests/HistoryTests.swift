import CReadline
import Base
import Glibc
import TestSupport
import Testing

@testable import Shell

@Suite struct SecretsTests {
    @Test(arguments: [
        "cap = Captioner.api{ endpoint='x', api_key='abc123def' }", "MOONSHOT_API_KEY=sk-1234567890abcdef",
        "!export HF_TOKEN=hf_abcdefghij", "x = \"sk-proj-abcdefgh12345\"",
        "headers = { Authorization = \"Bearer abc.def-ghi123\" }",
        "token = 'mytoken12'", "os.setenv(\"OPENAI_API_KEY\", \"v4lue\")", "t['password'] = \"hunter2\"",
        "-- hf_AbCdEfGhIjKl",
        "HF_TOKEN='x' ltxsh", "cap.api_key=abc123",
    ]) func `a line with a key is seen`(line: String) {
        #expect(Secrets.contains(line))
        #expect(!Secrets.contains("plain " + Secrets.redacted(line)), "\(Secrets.redacted(line))")
    }
    @Test(arguments: [
        "ds = Dataset.open 'train_date/APT'", "cap = Captioner.api{ key_env = \"MOONSHOT_API_KEY\" }",
        "max_new_tokens = 256",
        "print(os.getenv(\"HF_TOKEN\"))", "task-force = 1", "for k, v in pairs(keys) do print(k) end",
        "tokens = {1, 2, 3}",
        "token_count = 12", "ds[1].caption = 'a person asks for the secret door'",
    ]) func `an ordinary line is kept`(line: String) {
        #expect(!Secrets.contains(line))
    }
}

/// Readline has one history, so these run one after the other.
@Suite(.serialized) struct HistoryTests {
    let folder: String
    var path: String { Path.join(folder, "state/history") }
    init() throws {
        folder = try Scratch.folder("history")
    }

    @Test func `entries come back, multi-line ones whole, equal ones once`() throws {
        let first = History(path)
        for entry in ["a = 1", "for i = 1, 3 do\n  print('\\n', i)\nend", "a = 1", "b\\n", " hidden", "", "a = 1"] {
            first.add(entry)
        }
        #expect(first.trouble == nil)
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        let again = History(path)
        #expect(again.trouble == nil)
        #expect(cr_history_count() == 3)
        #expect(try Files.text(path).contains("for i = 1, 3 do\\n  print('\\\\n', i)\\nend\n"))
    }
    @Test func `lines that end as Windows ends them are entries, and a hundred thousand are kept`() throws {
        try Files.makeFolder(Path.folder(path))
        try AtomicFile.write("one = 1\r\ntwo = 2\r\n", to: path)
        _ = History(path)
        #expect(cr_history_count() == 2)
        try AtomicFile.write((1...100_100).map { "x = \($0)\n" }.joined() + "x = 100100\nx = 1\n", to: path)
        let size = Files.size(path)
        let history = History(path)
        #expect(history.trouble == nil && cr_history_count() == 100_000)
        #expect(Files.size(path) == size)
    }
    @Test func `a key never reaches the file`() throws {
        let history = History(path)
        history.add("a = 1")
        history.add("k = 'sk-1234567890abcdef'")
        #expect(try Files.text(path) == "a = 1\n")
        #expect(cr_history_count() == 1)
    }
    @Test func `two shells lose nothing of each other`() throws {
        let one = History(path), two = History(path)
        for i in 1...20 {
            one.add("one(\(i))")
            two.add("two(\(i))")
        }
        let lines = try Files.text(path).split(separator: "\n")
        #expect(Set(lines).count == 40)
    }
    @Test func `a file of rubbish costs nothing but its rubbish`() throws {
        try Files.makeFolder(Path.folder(path))
        var bytes: [UInt8] = Array("good = 1\n".utf8)
        bytes += [0, 1, 2, 0xFF, 0xFE, 10, 0x1B, 0x5B, 10]
        bytes += Array("fine = 2\n".utf8) + [0xC3, 0x28]
        try AtomicFile.write(bytes, to: path)
        let history = History(path)
        #expect(history.trouble == nil)
        #expect(cr_history_count() == 2)
        history.add("next = 3")
        _ = History(path)
        #expect(cr_history_count() == 3)
    }
    @Test func `a very large file is read at its end alone, and made small`() throws {
        try Files.makeFolder(Path.folder(path))
        let descriptor = open(path, O_CREAT | O_WRONLY, 0o600)
        #expect(ftruncate(descriptor, 1 << 30) == 0)
        lseek(descriptor, 0, SEEK_END)
        let tail = Array("\nlast = 1\n".utf8)
        #expect(write(descriptor, tail, tail.count) == tail.count)
        close(descriptor)
        let before = try #require(ProcessReads.bytes(of: getpid()))
        _ = History(path)
        #expect(try #require(ProcessReads.bytes(of: getpid())) - before < 16 << 20)
        #expect(cr_history_count() == 1)
        #expect(Files.size(path) == 9)
    }
    @Test func `no home, a folder in its place, and a file that cannot be written are no obstacle`() throws {
        #expect(History.defaultPath { _ in nil } == nil)
        #expect(History.defaultPath { ["HOME": "/h"][$0] } == "/h/.local/state/ltxsh/history")
        #expect(History.defaultPath { ["HOME": "/h", "XDG_STATE_HOME": "/s"][$0] } == "/s/ltxsh/history")
        #expect(
            History.defaultPath { ["HOME": "/h", "XDG_STATE_HOME": "relative"][$0] } == "/h/.local/state/ltxsh/history")
        let memory = History(nil)
        memory.add("x")
        #expect(cr_history_count() == 1)
        let blocked = History(folder)
        #expect(blocked.trouble?.contains(folder) == true)
        blocked.add("y")
        #expect(cr_history_count() == 1)
        #expect(History("/proc/nope/history").trouble != nil)
    }
}
