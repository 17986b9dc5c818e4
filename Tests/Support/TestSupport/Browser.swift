import Foundation

/// A headless Chromium, where the machine has one.
public enum Browser {
    /// The program: `LTXSH_BROWSER`, or what Debian and others call it.
    public static let path: String? = {
        if let given = ProcessInfo.processInfo.environment["LTXSH_BROWSER"] { return given }
        return ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }()

    /// Opens a copy of a page with a script at its end, which calls `done(value)`; returns that value as JSON, and what the console
    /// said of errors and warnings.
    ///
    /// - Parameter width: of the window, in pixels.
    public static func run(_ script: String, on page: String, width: Int = 1280) throws -> (
        value: String, complaints: [String]
    ) {
        guard let path else { return ("", ["there is no browser"]) }
        let copy = page + ".check.html", profile = try Scratch.folder("browser")
        let tail = """
            <script>const done=value=>{document.body.innerHTML='';const out=document.createElement('pre');out.id='result';\
            out.textContent='<<'+JSON.stringify(value)+'>>';document.body.append(out)};(async()=>{\(script)})().catch(e=>done(''+e))</script>
            """
        let text = try String(contentsOfFile: page, encoding: .utf8)
        try text.replacing("</body>", with: tail + "</body>").write(toFile: copy, atomically: true, encoding: .utf8)
        defer {
            Scratch.remove(copy)
            Scratch.remove(profile)
        }
        let process = Process(), output = Pipe(), log = profile + "/log"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--window-size=\(width),900", "--user-data-dir=\(profile)",
            "--enable-logging=stderr",
            "--autoplay-policy=no-user-gesture-required", "--virtual-time-budget=20000", "--dump-dom", "file://\(copy)",
        ]
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: log)
        try process.run()
        let dom = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        let result = dom.split(separator: "&lt;&lt;").last?.split(separator: "&gt;&gt;").first.map(String.init) ?? ""
        let plain = result.replacing("&quot;", with: "\"").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
            .replacing("&amp;", with: "&")
        return (plain, said.split(separator: "\n").filter { $0.contains("CONSOLE") }.map(String.init))
    }
}
