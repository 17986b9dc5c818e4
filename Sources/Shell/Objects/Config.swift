import Configuration
import Base
import LuaKit
import Workbench

/// A training configuration that scripts hold and change: a box around the value that the Workbench takes.
public final class Config {
    /// The configuration as it is now.
    public var value: TrainingConfiguration

    /// A box around a configuration.
    public init(_ value: TrainingConfiguration) { self.value = value }

    /// Reads a file; what is accepted but worth a sentence is shown as a note.
    static func load(_ path: String) throws -> Config {
        Config(try ForegroundWork.here { try TrainingConfiguration.load(path, note: $0.note) })
    }
    /// Reads a template by name or path and fills its places.
    static func template(_ name: String, _ values: LuaTable) throws -> Config {
        let texts = try Dictionary(
            YAML(lua: .table(values)).members.map { ($0.name, $0.value.scalarText ?? "") }, uniquingKeysWith: { $1 })
        let path = try TrainingConfiguration.templatePath(name)
        return Config(try ForegroundWork.here { try TrainingConfiguration.template(path, texts, note: $0.note) })
    }

    /// A key's value, a section, or parameters as an object; `nil` for a name that is none of them.
    func member(_ path: String) throws -> LuaValue? {
        if let key = TrainingConfiguration.key(path), key.kind != .parameters { return try value.value(path).lua }
        guard names(in: path) != nil || TrainingConfiguration.key(path) != nil else { return nil }
        return try value.value(path).isNull ? LuaValue.none : ConfigSection(self, path).luaValue
    }
    /// The names of a section or of parameters; `nil` when it is neither.
    func names(in path: String) -> [String]? {
        if TrainingConfiguration.key(path) != nil { return try? value.value(path).members.map(\.name) }
        let known = TrainingConfiguration.keys.filter { $0.section == path }.map(\.name)
        return known.isEmpty ? nil : known
    }
    /// The same with their types, help and values.
    func members(in path: String) -> [MemberInfo] { (names(in: path) ?? []).map { Self.member($0, in: path) } }
    /// What a section may hold, or the whole configuration for an empty path.
    static func members(in path: String) -> [MemberInfo] {
        let names =
            path.isEmpty
            ? TrainingConfiguration.completions("")
            : TrainingConfiguration.keys.filter { $0.section == path }.map(\.name)
        return names.map { member($0, in: path) }
    }
    private static func member(_ name: String, in path: String) -> MemberInfo {
        guard let key = TrainingConfiguration.key(path.isEmpty ? name : "\(path).\(name)") else {
            let section = path.isEmpty ? TrainingConfiguration.sections.first { $0.name == name } : nil
            return MemberInfo(name, type: section == nil ? "" : "section", help: section?.help ?? "")
        }
        let choices = key.kind.choices, isBoolean = choices == ["true", "false"]
        var values = choices.map { ["true", "false"].contains($0) ? $0 : "\"\($0)\"" }
        if key.kind.isOptional, !values.isEmpty { values.append("nil") }
        var words = isBoolean || choices.isEmpty ? "\(key.kind)" : choices.joined(separator: "|")
        if case .orWords = key.kind { words = "\(key.kind)" }
        let type = words.hasPrefix("a ") ? String(words.dropFirst(2)) : words
        return MemberInfo(name, type: type, help: key.help, values: values)
    }

    /// The whole of it as YAML, without a newline at the end.
    var text: String { String(value.text.dropLast()) }

    /// Assigns a key or a section.
    func set(_ path: String, _ value: LuaValue) throws {
        try self.value.set(path, to: YAML(lua: value, takesPaths: true))
    }

    /// A copy with other values.
    func copy(_ changes: LuaTable) throws -> Config {
        Config(try value.copy(with: YAML(lua: .table(changes), takesPaths: true)))
    }

    /// The keys that differ: `{key, value, other}` each.
    func differences(from other: Config) -> [LuaTable] {
        value.differences(from: other.value).map { difference in
            LuaTable(fields: [
                ("key", .string(difference.key)), ("value", difference.value.lua), ("other", difference.other.lua),
            ])
        }
    }
    /// True, or false and what is wrong.
    func validate() -> LuaResults {
        let problems = value.validate().map(\.description) + Trainer.unsupported(value)
        return problems.isEmpty ? LuaResults(.bool(true)) : LuaResults(.bool(false), problems.luaValue)
    }
}

/// A section of a configuration, or the parameters under one key: what `cfg.lora` is.
public final class ConfigSection {
    let config: Config
    let path: String

    init(_ config: Config, _ path: String) { (self.config, self.path) = (config, path) }

    private var isParameters: Bool { TrainingConfiguration.key(path) != nil }

    func member(_ name: String) throws -> LuaValue? {
        guard isParameters else { return try config.member("\(path).\(name)") }
        return try config.value.value(path)[name]?.lua ?? LuaValue.none
    }
    func set(_ name: String, _ value: LuaValue) throws {
        guard isParameters else { return try config.set("\(path).\(name)", value) }
        var members = try config.value.value(path).members.filter { $0.name != name }
        if !value.isNil { members.append(YAML.Member(YAML(.string(name)), try YAML(lua: value))) }
        try config.value.set(path, to: YAML(.mapping(members)))
    }
    /// The section as YAML.
    var text: String { get throws { String(try config.value.value(path).text.dropLast()) } }
}
