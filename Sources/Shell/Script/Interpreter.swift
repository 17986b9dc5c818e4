import CReadline
import Base
import Glibc
import LuaKit

/// The Lua of a session with everything registered: runs scripts and chunks, remembers results. Main thread.
package final class Interpreter {
    let lua: Lua
    let session: Session
    /// The status that `os.exit` gave.
    private(set) var exitStatus: Int32?
    /// How many values `_`, `_1`… hold.
    static let remembered = 32
    private var results: [LuaValue] = []
    /// The globals of a fresh interpreter, which `who()` leaves out.
    private(set) var builtIn: Set<String> = []
    /// Where questions of a program go; `nil` where nobody sits at a terminal.
    var input: LineInput?
    /// What has been read of standard input already.
    var standardInput: [UInt8]?
    /// Names that were local to an input that is over.
    var lostLocals: Set<String> = []
    /// Stops inside running code.
    private(set) lazy var debugger = Debugger(self)
    /// The inputs that have functions in them, the newest first: `??f` shows what was typed.
    private(set) var typedChunks: [String] = []
    /// What help knows, made on first use.
    lazy var helpIndex = HelpIndex(lua)

    /// An interpreter with everything registered.
    package init(_ session: Session = Session()) throws {
        self.session = session
        lua = try Lua()
        lua.owner = self
        try AllBindings.register(in: lua)
        try debugger.register()
        try printTables()
        builtIn = Set(try lua.globalEntries().compactMap(\.key.string))
    }

    // MARK: Running

    /// Runs a chunk. Throws `LuaFailure`, or `PromptExit` when it called `os.exit`.
    @discardableResult
    func run(_ source: [UInt8], name: String, arguments: [LuaValue] = []) throws -> [LuaValue] {
        lua.clearStop()
        exitStatus = nil
        defer { cr_flush_output() }
        do {
            let values = try lua.run(source, name: name, arguments: arguments)
            if lua.isExiting { throw LuaFailure.exit }
            // Native work that was stopped kept its result; the chunk is over all the same.
            lua.clearStop()
            return values
        } catch let failure as LuaFailure {
            defer { lua.clearStop() }
            // Only output that cannot be written ends a chunk without a status: print saw it.
            if lua.isExiting { throw PromptExit(status: exitStatus ?? (cr_reader_is_gone() ? 128 + SIGPIPE : 1)) }
            throw explained(failure, in: source, name)
        }
    }
    /// Ends the running chunk: `os.exit`.
    func exit(_ status: Int32) {
        exitStatus = status
        lua.exit()
    }

    /// Runs a script file. A first line that begins with `#` is skipped.
    func runScript(_ path: String, arguments: [String]) throws {
        let path = Installation.path(path)
        try setSearchPath(script: path)
        try run(Self.withoutShebang(try Files.read(path)), name: "@" + path, arguments: arguments.map { .string($0) })
    }
    /// Runs standard input as a script.
    func runStandardInput(arguments: [String]) throws {
        let source = try standardInput ?? readStandardInput()
        try run(Self.withoutShebang(source), name: "=stdin", arguments: arguments.map { .string($0) })
    }
    /// Everything that comes on standard input. Throws when Ctrl-C was pressed.
    func readStandardInput() throws -> [UInt8] {
        var source: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if Signals.stopRequested { throw LuaFailure.interrupted }
            var input = [
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
                pollfd(fd: Signals.wakeup, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&input, 2, -1) > 0 else { continue }
            if input[1].revents != 0 { Signals.sleep(milliseconds: 0) }
            guard input[0].revents != 0 else { continue }
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count == 0 { return source }
            guard count > 0 || errno == EINTR else { throw FileError.last("read", "standard input") }
            if count > 0 { source += buffer[..<count] }
        }
    }
    /// Whether a text is no script but lines as they are typed at the prompt: it does not compile, and each of its inputs does.
    func isTyped(_ text: [UInt8]) -> Bool {
        let source = Self.withoutShebang(text)
        guard lua.check(String(decoding: source, as: UTF8.self)) != .complete else { return false }
        let text = TypedBytes(source).text
        var chunk = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if chunk.isEmpty, PromptInput(String(line)).isCommand { continue }
            chunk += chunk.isEmpty ? line : "\n" + line
            if isIncomplete(chunk) { continue }
            if lua.check("return " + chunk) != .complete, lua.check(chunk) != .complete { return false }
            chunk = ""
        }
        return chunk.isEmpty
    }
    /// The newline stays, so that line numbers do.
    static func withoutShebang(_ source: [UInt8]) -> [UInt8] {
        var source = source[...]
        if source.starts(with: [0xEF, 0xBB, 0xBF]) { source = source.dropFirst(3) }
        guard source.first == UInt8(ascii: "#") else { return Array(source) }
        return Array(source.drop { $0 != UInt8(ascii: "\n") })
    }
    /// Sets `arg`: the script at 0, its arguments from 1, what came before it below.
    func setArguments(_ before: [String], _ script: [String]) throws {
        var pairs: [(key: LuaValue, value: LuaValue)] = script.enumerated().map {
            (.integer($0.offset), .string($0.element))
        }
        // Without a script the program itself is at 0, as in lua.c.
        let shift = script.isEmpty ? 0 : before.count
        for (place, word) in before.enumerated() { pairs.append((.integer(place - shift), .string(word))) }
        try lua.setGlobal("arg", .table(LuaTable(pairs)))
    }
    /// Where `require` looks: beside the script, here, in `scripts/`, then in Lua's own folders.
    func setSearchPath(script: String?) throws {
        guard let package = try lua.global("package").reference else { return }
        let key = LuaValue.string("path")
        if standardPath == nil { standardPath = try package.raw(key).string ?? "" }
        let folders = (script.map { [Path.folder($0)] } ?? []) + ["."] + Installation.folders("scripts")
        var seen: Set<String> = []
        let places = folders.filter { seen.insert($0).inserted }
        moduleFolders = places.map { $0 == "." ? "the working directory" : "'\($0)'" }.joined(separator: ", ")
        let own = places.flatMap { ["\($0)/?.lua", "\($0)/?/init.lua"] }
        let standard = (standardPath ?? "").split(separator: ";").map(String.init).filter { !own.contains($0) }
        try lua.set(package, key, .string((own + standard).joined(separator: ";")))
    }
    private var standardPath: String?
    /// The folders of the user's own modules, in words.
    private(set) var moduleFolders = ""

    // MARK: Results

    /// Makes a value `_` and `_1`, and moves the others on.
    func remember(_ value: LuaValue) throws {
        results.insert(value, at: 0)
        if results.count > Self.remembered { results.removeLast() }
        try lua.setGlobal("_", value)
        for (place, value) in results.enumerated() { try lua.setGlobal("_\(place + 1)", value) }
    }
    /// Keeps an input with a function in it.
    func keepText(_ chunk: String) {
        guard chunk.contains("function") else { return }
        typedChunks.insert(chunk, at: 0)
        if typedChunks.count > 200 { typedChunks.removeLast() }
    }
    /// Makes the error of an input `_err`.
    func remember(_ failure: LuaFailure) { try? lua.setGlobal("_err", failure.errorValue) }
    /// Whether a global is one of `_`, `_1`… and `_err`.
    static func isResult(_ name: String) -> Bool {
        name == "_err" || name.first == "_" && name.dropFirst().allSatisfy { $0.isNumber }
    }
    /// Makes a global one of those that `who()` leaves out.
    func countAsBuiltIn(_ name: String) { builtIn.insert(name) }

    // MARK: Errors

    /// `" (did you mean 'x'?)"` among the globals, or nothing.
    func hint(for name: String) -> String {
        let known = (try? lua.globalEntries().compactMap(\.key.string)) ?? []
        // A short name is near many keywords, and means none of them.
        let keywords = name.count > 3 ? Lua.keywords : []
        return Suggestion.hint(for: name, in: known.filter { !Self.isResult($0) } + keywords)
    }
}
