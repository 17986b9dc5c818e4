import Base
import LuaKit

/// `--safe`: for code of others. It reads and writes files as any code here does, but runs no other program and loads no C code.
enum SafeMode {
    /// Whether it is on, for the whole process.
    nonisolated(unsafe) private(set) static var isOn = false

    /// Throws where a program would be run. What it is for is named.
    static func check(_ what: String) throws {
        if isOn { throw SafeModeError(what: what) }
    }
    fileprivate static func turnOn() { isOn = true }
}

struct SafeModeError: UserError {
    let what: String
    var kind: String { "safe" }
    var description: String { "\(what) is switched off by --safe" }
}

extension Interpreter {
    /// Takes away what runs programs and loads C code. Text chunks alone are loaded in any case.
    func makeSafe() throws {
        SafeMode.turnOn()
        for (library, names) in [("os", ["execute"]), ("io", ["popen"]), ("package", ["loadlib"])] {
            guard let table = try lua.global(library).reference else { continue }
            for name in names {
                let refusal = try lua.hiddenFunction(name) { _ in throw SafeModeError(what: "\(library).\(name)") }
                try lua.set(table, .string(name), refusal)
            }
        }
        guard let package = try lua.global("package").reference else { return }
        try lua.set(package, .string("cpath"), .string(""))
        // The searchers behind that for Lua files are those for C libraries.
        guard let searchers = try package.raw(.string("searchers")).reference else { return }
        for place in [3, 4] { try lua.set(searchers, .integer(place), .none) }
        // The debug library would reach the functions that are hidden.
        try lua.setGlobal("debug", .none)
    }
}
