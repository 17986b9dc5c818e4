import Base
/// One argument or option, as help and completion see it.
public struct ArgumentInfo: Sendable {
    /// The name, by which it can always be passed in the options table.
    public let name: String
    /// The type.
    public let type: TypeInfo
    /// One line.
    public let help: String
    /// The default as Lua writes it; `nil` for an argument that must be given.
    public let defaultText: String?
    /// Only by name, in the options table.
    public let isOption: Bool

    /// Whether a call can leave it out.
    public var isOptional: Bool { defaultText != nil }
    func asOption() -> ArgumentInfo {
        ArgumentInfo(name: name, type: type, help: help, defaultText: defaultText, isOption: true)
    }

    /// A Swift default as Lua writes it.
    static func text(_ value: Any) -> String {
        switch value {
        case let value as any OptionalValue: value.wrapped.map(text) ?? "nil"
        case let value as String: "\"\(value)\""
        case let value as Double: Int(exactly: value).map { "\($0)" } ?? "\(value)"
        case let value as Float: Int(exactly: value).map { "\($0)" } ?? "\(value)"
        case let value as LuaSize: "\"\(value)\""
        case VideoTime.seconds(let seconds): "\"\(text(seconds))s\""
        case VideoTime.frames(let frames): "\"\(frames)f\""
        case let value as any RawRepresentable<String>: "\"\(value.rawValue)\""
        case let value as [Any]: value.isEmpty ? "{}" : "{ " + value.map(text).joined(separator: ", ") + " }"
        default: "\(value)"
        }
    }
}

private protocol OptionalValue { var wrapped: Any? { get } }
extension Optional: OptionalValue { fileprivate var wrapped: Any? { self.map { $0 } } }
