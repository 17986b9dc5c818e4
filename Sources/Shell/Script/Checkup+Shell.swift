import Base
import Glibc
import LuaKit
import Workbench

/// The machine, and what the prompt itself needs: `doctor()` and `ltxsh doctor`.
extension Checkup {
    /// Everything that is looked at, in a second or two.
    static func here(_ lua: Lua, _ terminal: Terminal) -> Checkup {
        var checkup = Doctor.examine()
        checkup.lookAtTerminal(terminal)
        checkup.lookAtHistory()
        checkup.lookAtInit(lua)
        return checkup
    }

    private mutating func lookAtTerminal(_ terminal: Terminal) {
        let term = Environment["TERM"] ?? "", size = terminal.size
        guard terminal.isInteractive else { return add("terminal", .ok, "none: scripts and pipes need none") }
        let found = "TERM='\(term)', \(size.columns)x\(size.rows), \(terminal.isUnicode ? "UTF-8" : "ASCII")"
        guard terminal.canRedraw else {
            return add(
                "terminal", .warning, found,
                fix: "no progress bars, pictures or colours: set TERM to what the terminal is (xterm-256color)")
        }
        add(
            "terminal", terminal.isUnicode ? .ok : .warning, found,
            fix: terminal.isUnicode ? "" : "curves and captions of other scripts want UTF-8: export LC_ALL=C.UTF-8")
    }
    private mutating func lookAtHistory() {
        guard let path = History.defaultPath() else {
            return add(
                "history", .warning, "there is no HOME to keep it in", fix: "set HOME, or LTXSH_HISTORY to a file")
        }
        // Not made here: the first session makes it.
        var place = Files.exists(path) ? path : Path.folder(path)
        while !Files.exists(place), place != "/", place != "." { place = Path.folder(place) }
        let canWrite = access(place, W_OK) == 0
        add(
            "history", canWrite ? .ok : .warning, path + (canWrite ? "" : " cannot be written"),
            fix: canWrite ? "" : "what is typed is forgotten at the end: see ls -ld '\(place)', or set LTXSH_HISTORY")
    }
    private mutating func lookAtInit(_ lua: Lua) {
        let path = Program.initFile
        guard Files.exists(path) else { return add("init.lua", .ok, "none at \(path)") }
        do {
            let text = String(decoding: Interpreter.withoutShebang(try Files.read(path)), as: UTF8.self)
            let isWhole = lua.check(text) == .complete
            add(
                "init.lua", isWhole ? .ok : .warning, path + (isWhole ? "" : " does not compile"),
                fix: isWhole ? "" : "ltxsh '\(path)' says where; ltxsh --no-init starts without it")
        } catch { add("init.lua", .warning, "\(error)", fix: "ltxsh --no-init starts without it") }
    }
}
