import LuaKit
import Workbench

/// Lua's own pattern matching, so that a pattern means here exactly what it means in `string.find` and `string.gsub`.
struct LuaPattern {
    private let find: LuaReference, substitute: LuaReference
    private let pattern: LuaValue

    /// Throws when a script has taken the string library away.
    init(_ pattern: String, _ lua: Lua) throws {
        guard let library = try lua.global("string").reference, let find = try library.raw(.string("find")).reference,
            let substitute = try library.raw(.string("gsub")).reference
        else { throw LuaArgumentError(argument: "pattern", message: "string.find and string.gsub are gone") }
        (self.find, self.substitute, self.pattern) = (find, substitute, .string(pattern))
        // A malformed pattern is an error even where there is no text to match.
        _ = try find.call(.string(""), self.pattern)
    }

    /// True where the pattern occurs. Throws Lua's error for a malformed one.
    func matches(_ text: String) throws -> Bool { try find.call(.string(text), pattern).first?.isNil == false }

    /// The text with every match replaced by a string with `%1`, by what a table has for it, or by a function's result.
    func replacing(in text: String, with replacement: LuaValue) throws -> String {
        let result = try substitute.call(.string(text), pattern, replacement).first ?? .none
        guard let text = result.string else {
            throw LuaArgumentError(
                argument: "pattern", message: "the replacement leaves text that is not UTF-8; match whole characters")
        }
        return text
    }
}
