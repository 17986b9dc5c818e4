/// What help, completion, errors and the generated references know of a type.
public struct TypeInfo: Sendable {
    /// What kind of path a string names, so that completion offers the right files.
    public enum PathKind: Sendable { case any, folder, media, config, checkpoint, script }

    /// The name in an error: `"a number"` without its article.
    public var name: String
    /// The type in a LuaCATS annotation.
    public var annotation: String
    /// The values of an enumeration.
    public var values: [String] = []
    /// Names that completion offers without insisting on one: config keys, models on the disk.
    public var suggestions: @Sendable () -> [String] = { [] }
    /// What a table may hold, and the tables in it by their names from the outside in; empty where anything may be.
    public var fields: @Sendable ([String]) -> [MemberInfo] = { _ in [] }
    /// What a table may hold that follows these texts in the call, where that depends on them.
    public var fieldsAfter: @Sendable (_ texts: [String]) -> [MemberInfo] = { _ in [] }
    /// The range in words: `"0 to 100"`, `"above 0"`.
    public var range: String?
    /// The unit: `"frames"`.
    public var unit: String?
    /// Set for a path.
    public var path: PathKind?
    /// Whether a table can be such a value, which then is not taken for an options table.
    public var acceptsTables = false
    /// Whether any table at all is such a value.
    public var acceptsAnyTable = false

    /// A type with these names.
    public init(_ name: String, annotation: String? = nil) {
        (self.name, self.annotation) = (name, annotation ?? name)
    }
    /// The type as a signature shows it: `number (0 to 100, seconds)`, `"content"|"adaptive"`.
    public var summary: String {
        if !values.isEmpty { return values.map { "\"\($0)\"" }.joined(separator: "|") }
        let notes = [range, unit].compactMap { $0 }
        return notes.isEmpty ? name : "\(name) (\(notes.joined(separator: ", ")))"
    }
}
