import Base
import Glibc
import Media
import TestSupport
import Testing

@testable import Shell

/// Captioning as it is typed: in scripts and at the prompt, interrupted, killed and gone on with; and that keys stay where they
/// are.
@Suite struct CaptionerBindingTests {
    private static let key = "planted-0123456789-abcdef"
    private let folder: String, home: String

    init() throws {
        home = try PtySession.makeHome()
        folder = Path.join(home, "clips")
        try Files.makeFolder(folder)
        for place in 0..<20 {
            let frame = Picture(width: 32, height: 32, Picture.Color(UInt8(place * 12), 80, 200)).frame
            try StillImage.write(frame, to: Path.join(folder, "c\(place < 10 ? "0" : "")\(place).png"))
        }
        try AtomicFile.write("# a key\n\(Self.key)\n", to: Path.join(home, "key.txt"))
    }
    private func begin(_ server: CaptionServer, _ options: String = "") -> String {
        "cap = Captioner.api{ endpoint = '\(server.endpoint)', model = 'm', key_file = '\(home)/key.txt', concurrency = 1 \(options)}"
            + " ds = Dataset.open('\(folder)')"
    }
    private func run(_ code: String, _ words: String = "") throws -> (status: Int32, output: String) {
        let script = Path.join(home, "script.lua"), output = Path.join(home, "output")
        try AtomicFile.write(code, to: script)
        let program = Path.join(PtySession.programs, "ltxsh")
        let status = try ChildProcess.run(
            "cd '\(home)'; HOME='\(home)' '\(program)' \(words) '\(script)' > '\(output)' 2>&1 < /dev/null")
        return (status, try Files.text(output))
    }
    private func captioned() throws -> Int {
        let (_, output) = try run("print(#Dataset.open('\(folder)'):captioned())")
        return Int(output.split(separator: "\n").last ?? "") ?? -1
    }
    private static let good = CaptionServer.caption("A boat.")
    private static let slow: JSON = ["action": "stall"]

    @Test func `a script captions, asks, and says what it would take`() throws {
        let server = try CaptionServer(["chat": [Self.good]])
        let (status, output) = try run(
            begin(server) + """

                plan = cap:caption(ds, { dry = true })
                print(plan.clips, plan.frames, plan.skipped)
                r = cap:caption(ds:slice(1, 3), { prompt = function(clip) return 'This is ' .. clip.name end })
                print(r.written, r.skipped, #r.failed, #r.suspect, r.usage.input, ds[1].caption, ds[1].author)
                print(cap:caption(ds[4]).written, cap:ask(ds[5], 'What?'), ds[5].caption)
                print(pcall(cap.caption, cap, ds, { prompt = '{nmae}' }))
                print(pcall(cap.caption, cap, ds, { sleep = 1 }))
                job = cap:start(ds)
                print(job:wait(), job.state, job.result.written, job.done, #jobs())
                """)
        #expect(status == 0, "\(output)")
        for line in ["20\t20\t0", "3\t0\t0\t0\t300\tA boat.\tm", "1\tA boat.\tnil", "true\tfinished\t16\t16\t3"] {
            #expect(output.contains(line + "\n"), "\(line) is not in: \(output)")
        }
        #expect(output.contains("did you mean") && output.contains("c03.png: A boat."), "\(output)")
        #expect(try server.questions.count == 21)
    }
    @Test func `a script in which a clip failed ends with status 1, in front or behind`() throws {
        for verb in ["caption", "start"] {
            let server = try CaptionServer(["chat": [CaptionServer.failure(400, "no"), Self.good]])
            let (status, output) = try run(begin(server) + " cap:\(verb)(ds:slice(1, 2), { override = true })")
            #expect(status == 1 && output.contains("c00.png: no caption"), "\(output)")
        }
        let server = try CaptionServer(["chat": [CaptionServer.failure(401, "no")]])
        let (status, output) = try run(begin(server) + " cap:caption(ds, { override = true })")
        #expect(status == 1 && output.contains("0 of 20 done, 20 left"), "\(output)")
    }
    @Test func `Ctrl-C and a kill keep what is there, and the next call goes on; what is edited by hand stays`() throws
    {
        let server = try CaptionServer(["chat": .array(Array(repeating: Self.good, count: 7) + [Self.slow])])
        let shell = try PtySession("ltxsh", home: home, columns: 120, rows: 40)
        shell.prompt()
        shell.enter(begin(server))
        shell.prompt()
        shell.enter("cap:caption(ds)")
        shell.wait("the seventh caption and its progress") { $0.text.contains("c06.png: A boat.") }
        #expect(try Patience.until { try server.questions.count >= 8 })
        shell.type(PtySession.controlC)
        shell.see("stopped: 7 written, 700 + 70 tokens, 13 left")
        shell.prompt()
        shell.enter("ds[3].caption = 'Mine.'")
        shell.prompt()
        let other = try CaptionServer(["chat": .array(Array(repeating: Self.good, count: 5) + [Self.slow])])
        shell.enter(begin(other))
        shell.prompt()
        shell.enter("job = cap:start(ds, { override = true })")
        #expect(try Patience.until { try other.questions.count >= 6 })
        shell.send(SIGKILL)
        #expect(shell.exitStatus() != nil)
        let last = try CaptionServer(["chat": [Self.good]])
        let (status, output) = try run(
            begin(last) + " r = cap:caption(ds) print(r.written, r.skipped, ds[3].caption, ds[3].author)")
        #expect(status == 0 && output.contains("13\t7\tMine.\tperson\n"), "\(output)")
        #expect(try captioned() == 20)
    }
    @Test func `a key is in nothing that a session with faults says or leaves`() throws {
        let echo = CaptionServer.failure(
            400, "your key $KEY is fine but the picture is not", headers: ["x-request-id": "r-$KEY"])
        let away: JSON = ["status": 302, "headers": ["Location": "http://x.example/?key=$KEY"]]
        let spoken = CaptionServer.caption("A boat with $KEY on it.")
        let server = try CaptionServer([
            "chat": [echo, spoken, CaptionServer.failure(401, "bad key $KEY"), away], "repeat": "all",
        ])
        let shell = try PtySession(
            "ltxsh", ["--log-level", "debug", "--log-file", "\(home)/log"], home: home, columns: 200, rows: 60)
        shell.prompt()
        shell.enter(":transcript \(home)/transcript")
        for line in [
            begin(server), "cap", "cap:caption(ds)", "cap:caption(ds)", "who()", "cap.title", "_err",
            "return cap:ask(ds[1], 'x')", "jobs()",
        ] {
            shell.prompt()
            shell.enter(line)
        }
        shell.prompt()
        let arguments = try Files.text("/proc/\(shell.process)/cmdline"),
            environment = try Files.read("/proc/\(shell.process)/environ")
        shell.type(PtySession.controlD)
        #expect(shell.exitStatus() != nil)
        #expect(try server.questions.count >= 4)
        func isIn(_ bytes: [UInt8]) -> Bool {
            bytes.count >= Self.key.utf8.count && String(decoding: bytes, as: UTF8.self).contains(Self.key)
        }
        // The search itself is proven by the file that the key was planted in.
        var found: [String] = []
        func search(_ folder: String) throws {
            for name in try Files.list(folder) {
                let path = Path.join(folder, name)
                if Files.isFolder(path) { try search(path) } else if isIn(try Files.read(path)) { found.append(name) }
            }
        }
        try search(home)
        #expect(found == ["key.txt"])
        #expect(
            try Files.exists(Path.join(home, "transcript")) && Files.text(Path.join(home, "transcript")).contains("•••")
        )
        #expect(!isIn(shell.output) && !isIn(Array(arguments.utf8)) && !isIn(environment))
        #expect(String(decoding: shell.output, as: UTF8.self).contains("your key ••• is fine"))
    }
}
