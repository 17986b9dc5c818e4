import Base

/// An error that came out of Lua: what a script raised, a binding's error, a mistake in the chunk.
public struct LuaFailure: UserError {
    /// A stable name: a binding's own kind, `"lua"` for a plain Lua error, `"lua.syntax"`, `"oom"`, `"interrupted"`,
    /// `"exit"`.
    public let kind: String
    /// The sentence, without its position.
    public let message: String
    /// Where in the user's code: `"file.lua:12"`.
    public let position: String?
    /// The file that the error is about.
    public let path: String?
    /// The option or key that the error is about.
    public let key: String?
    /// How the function is called, for a wrong call.
    public let usage: String?
    /// The user's own frames, innermost first: `"file.lua:12: in function 'f'"`.
    public let traceback: [String]
    /// The Lua value itself, to be raised again as it is.
    let value: LuaReference?
    /// The text that was raised, where `message` says it otherwise.
    private var original: String?

    /// The error as Lua has it: the value that was raised, or the text of one that is no table.
    public var errorValue: LuaValue { value.map { .reference($0) } ?? .string(original ?? description) }
    /// The one-line message.
    public var description: String { position.map { "\($0): \(message)" } ?? message }

    init(
        kind: String, message: String, position: String? = nil, path: String? = nil, key: String? = nil,
        usage: String? = nil, traceback: [String] = [], value: LuaReference? = nil
    ) {
        (self.kind, self.message, self.position, self.path, self.key) = (kind, message, position, path, key)
        (self.usage, self.traceback, self.value) = (usage, traceback, value)
    }

    /// A chunk that ended before its end: `"interrupted"`, `"exit"`.
    public static func ended(_ kind: String) -> LuaFailure { LuaFailure(kind: kind, message: kind) }

    /// The same failure with another sentence, for one that knows more ("did you mean").
    public func saying(_ message: String) -> LuaFailure {
        var failure = LuaFailure(
            kind: kind, message: message, position: position, path: path, key: key, usage: usage,
            traceback: traceback, value: value)
        failure.original = original ?? description
        return failure
    }
}

/// A reference was used after its interpreter was closed.
struct LuaClosed: UserError {
    var kind: String { "lua.closed" }
    var description: String { "the interpreter that this value belongs to is closed" }
}
