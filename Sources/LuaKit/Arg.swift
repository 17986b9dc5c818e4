import Base
/// One parameter of a bound function: a positional argument, a named option, a group of options, or something that the
/// interpreter provides.
public struct Arg<Value> {
    /// What help shows: one entry, several for a group, none for what is provided.
    public let infos: [ArgumentInfo]
    let read: (inout ArgumentReader) throws -> Value

    init(infos: [ArgumentInfo], read: @escaping (inout ArgumentReader) throws -> Value) {
        (self.infos, self.read) = (infos, read)
    }

    /// An argument of any type. Without a default it must be given.
    public init(_ name: String, _ type: LuaType<Value>, _ help: String, default fallback: Value? = nil) {
        self.init(name, type, help, default: fallback, defaultText: fallback.map { ArgumentInfo.text($0) })
    }
    /// An argument whose default is described rather than shown.
    public init(_ name: String, _ type: LuaType<Value>, _ help: String, default fallback: Value?, defaultText: String?)
    {
        let info = ArgumentInfo(name: name, type: type.info, help: help, defaultText: defaultText, isOption: false)
        self.init(infos: [info]) { reader in
            guard let value = reader.next(name) else {
                if let fallback { return fallback }
                throw LuaArgumentError(
                    argument: name, message: "'\(name)' is missing (\(LuaValue.withArticle(type.info.name)))")
            }
            return try type.convertOrThrow(value, named: name, reader.lua)
        }
    }

    /// The same, passed by name only.
    public var named: Arg<Value> { Arg(infos: infos.map { $0.asOption() }, read: read) }

    /// May be left out, or `nil`.
    public static func optional<Wrapped>(_ arg: Arg<Wrapped>) -> Self where Value == Wrapped? {
        let infos = arg.infos.map {
            ArgumentInfo(name: $0.name, type: $0.type, help: $0.help, defaultText: "nil", isOption: $0.isOption)
        }
        return Arg(infos: infos) { reader in
            guard let name = infos.first?.name, reader.has(name) else {
                if let name = infos.first?.name { _ = reader.next(name) }
                return nil
            }
            return try arg.read(&reader)
        }
    }
    /// Not an argument: made by `body` for each call.
    public static func provided(_ body: @escaping (Lua) throws -> Value) -> Self {
        Arg(infos: []) { reader in try body(reader.lua) }
    }
    /// A named option that `body` turns into something that depends on the interpreter, given or not.
    public static func provided<Option>(
        _ name: String, _ type: LuaType<Option>, _ help: String, default fallback: Option,
        _ body: @escaping (Option, Lua) throws -> Value
    ) -> Self {
        let option = Arg<Option>(name, type, help, default: fallback).named
        return Arg(infos: option.infos) { reader in try body(try option.read(&reader), reader.lua) }
    }
    /// A group of options that share one struct; its initial values are the defaults.
    ///
    /// - Parameter check: gets the struct and the names that were given, and throws for those that do not go together.
    public static func options(
        _ defaults: Value, _ options: [LuaOption<Value>],
        check: @escaping (_ value: Value, _ given: [String]) throws -> Void = { _, _ in }
    ) -> Self {
        Arg(infos: options.map { $0.info(defaults) }) { reader in
            var value = defaults, names: [String] = []
            for option in options {
                guard let given = reader.next(option.name, isOption: true) else { continue }
                try option.apply(given, &value, reader.lua)
                names.append(option.name)
            }
            try check(value, names)
            return value
        }
    }
}

// MARK: - The types in short

extension Arg where Value == Bool {
    /// `true` or `false`.
    public static func bool(_ name: String, _ help: String, default fallback: Bool? = nil) -> Self {
        Arg(name, .bool, help, default: fallback)
    }
}
extension Arg where Value == Int {
    /// A whole number.
    public static func integer(
        _ name: String, _ help: String, default fallback: Int? = nil, min: Int? = nil, max: Int? = nil,
        unit: String? = nil
    ) -> Self { Arg(name, .integer(min: min, max: max, unit: unit), help, default: fallback) }
}
extension Arg where Value == Double {
    /// A finite number.
    public static func number(
        _ name: String, _ help: String, default fallback: Double? = nil, min: Double? = nil, max: Double? = nil,
        above: Double? = nil, unit: String? = nil
    ) -> Self { Arg(name, .number(min: min, max: max, above: above, unit: unit), help, default: fallback) }
}
extension Arg where Value == String {
    /// A text.
    public static func string(_ name: String, _ help: String, default fallback: String? = nil) -> Self {
        Arg(name, .string, help, default: fallback)
    }
    /// A path.
    public static func path(
        _ name: String, _ help: String, _ kind: TypeInfo.PathKind = .any, default fallback: String? = nil
    ) -> Self { Arg(name, .path(kind), help, default: fallback) }
    /// One of these strings.
    public static func choice(_ name: String, _ help: String, _ values: [String], default fallback: String? = nil)
        -> Self
    {
        Arg(name, .choice(values), help, default: fallback)
    }
}
extension Arg where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of an enumeration's names.
    public static func choice(
        _ name: String, _ help: String, _ type: Value.Type = Value.self, default fallback: Value? = nil
    ) -> Self { Arg(name, .choice(), help, default: fallback) }
}
extension Arg where Value == [UInt8] {
    /// Any string, as bytes.
    public static func bytes(_ name: String, _ help: String) -> Self { Arg(name, .bytes, help) }
}
extension Arg where Value == VideoTime {
    /// A length of time.
    public static func duration(_ name: String, _ help: String, default fallback: VideoTime? = nil) -> Self {
        Arg(name, .duration, help, default: fallback)
    }
}
extension Arg where Value == LuaSize {
    /// A size in pixels and frames.
    public static func size(_ name: String, _ help: String, default fallback: LuaSize? = nil) -> Self {
        Arg(name, .size, help, default: fallback)
    }
}
extension Arg where Value == LuaTable {
    /// Any table, copied.
    public static func table(_ name: String, _ help: String, default fallback: LuaTable? = nil) -> Self {
        Arg(name, .table, help, default: fallback, defaultText: fallback.map { _ in "{}" })
    }
}
extension Arg where Value == LuaValue {
    /// Anything; `nil` when it is left out and `isOptional`.
    public static func any(_ name: String, _ help: String, isOptional: Bool = true) -> Self {
        Arg(name, .any, help, default: isOptional ? LuaValue.none : nil, defaultText: isOptional ? "nil" : nil)
    }
}
extension Arg where Value == LuaReference {
    /// A function to call back; `annotation` is its LuaCATS type, such as `fun(clip: Clip): boolean`.
    public static func callback(_ name: String, _ help: String, _ annotation: String = "function") -> Self {
        Arg(name, .callback(annotation), help)
    }
}
extension Arg where Value: LuaObject {
    /// An object of a registered class.
    public static func object(_ name: String, _ type: Value.Type, _ help: String) -> Self { Arg(name, .object(), help) }
}
extension Arg where Value == Lua {
    /// The interpreter that the call came from.
    public static var interpreter: Self { .provided { $0 } }
}
extension Arg {
    /// A list of one type.
    public static func list<Element>(
        _ name: String, of element: LuaType<Element>, _ help: String, default fallback: [Element]? = nil
    ) -> Self where Value == [Element] { Arg(name, .list(of: element), help, default: fallback) }
}
