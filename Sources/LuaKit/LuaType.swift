import Base

/// How a Lua value becomes a Swift value, and what to call it.
public struct LuaType<Value> {
    /// What help and errors say.
    public var info: TypeInfo
    /// The conversion. Returns `nil` for another type; throws `LuaTypeError` with a sentence of its own.
    public let convert: (LuaValue, Lua) throws -> Value?

    /// A type with its conversion: `nil` says "not such a value".
    public init(_ info: TypeInfo, convert: @escaping (LuaValue, Lua) throws -> Value?) {
        (self.info, self.convert) = (info, convert)
    }
    /// The same type in Lua, another in Swift.
    public func map<Other>(_ transform: @escaping (Value) throws -> Other) -> LuaType<Other> {
        LuaType<Other>(info) { value, lua in try convert(value, lua).map(transform) }
    }
    /// Accepts `nil` too: `.optional(.string)`.
    public static func optional<Wrapped>(_ type: LuaType<Wrapped>) -> Self where Value == Wrapped? {
        LuaType(type.info) { value, lua in
            if case .none = value { return .some(nil) }
            return try type.convert(value, lua).map { .some($0) }
        }
    }
    /// Named otherwise in help.
    public func called(_ name: String, annotation: String? = nil) -> Self {
        var copy = self
        copy.info.name = name
        if let annotation { copy.info.annotation = annotation }
        return copy
    }
    /// Offers these names for completion.
    public func suggesting(_ names: @escaping @autoclosure @Sendable () -> [String]) -> Self {
        var copy = self
        copy.info.suggestions = names
        return copy
    }
    /// Offers these fields for completion inside a table: those of the table itself for an empty path.
    public func offering(_ fields: @escaping @Sendable ([String]) -> [MemberInfo]) -> Self {
        var copy = self
        copy.info.fields = fields
        return copy
    }
    /// Offers fields for completion inside a table that depend on the texts before it in the call.
    public func offeringAfter(_ fields: @escaping @Sendable (_ texts: [String]) -> [MemberInfo]) -> Self {
        var copy = self
        copy.info.fieldsAfter = fields
        return copy
    }
    func convertOrThrow(_ value: LuaValue, named name: String, _ lua: Lua) throws -> Value {
        do {
            if let converted = try convert(value, lua) { return converted }
        } catch let error as LuaTypeError {
            throw LuaArgumentError(argument: name, message: "'\(name)' \(error.sentence), got \(value.shown)")
        }
        let expected =
            info.values.isEmpty
            ? LuaValue.withArticle(info.name)
            : "one of \(info.values.map { "\"\($0)\"" }.joined(separator: ", "))"
        let hint = value.string.map { Suggestion.hint(for: $0, in: info.values) } ?? ""
        throw LuaArgumentError(argument: name, message: "'\(name)' must be \(expected), got \(value.shown)\(hint)")
    }
}

/// A value of the right type that will not do: `LuaTypeError("must be above 0")`.
public struct LuaTypeError: Error {
    let sentence: String
    /// What is wanted, to go between the argument's name and the value.
    public init(_ sentence: String) { self.sentence = sentence }
}

/// A wrong call: names the argument and shows how the function is called.
public struct LuaArgumentError: UserError {
    /// The argument or option.
    public let argument: String?
    /// The sentence, with the function's name once `in(_:)` knows it.
    public let message: String
    /// How the function is called.
    public let usage: String?
    /// See `UserError`.
    public var kind: String { "argument" }
    /// See `UserError`.
    public var key: String? { argument }
    /// See `UserError`.
    public var description: String { message }

    /// An error about an argument.
    public init(argument: String?, message: String, usage: String? = nil) {
        (self.argument, self.message, self.usage) = (argument, message, usage)
    }
    func called(in function: FunctionInfo) -> LuaArgumentError {
        LuaArgumentError(argument: argument, message: "\(function.path): \(message)", usage: function.signature)
    }
}
