import LuaKit

/// The null of JSON and YAML where it has to be a value: `json.null`. There is one, so that scripts can compare with it.
final class Null: LuaObject, Displayable, Sendable {
    /// The one.
    static let shared = Null()
    private init() {}

    /// The declaration of `Null`.
    static var luaClass: LuaClass<Null> {
        LuaClass("The null of JSON and YAML as a value: decode gives it on demand, encode writes it.") {
            $0.description { _ in "null" }
        }
    }
    var oneLine: String { "null" }
}

extension LuaNamespace {
    /// `null`, the same value in every namespace that has it.
    func null() {
        constant(
            "null", "The null of the text, where nil would leave no trace: decode(text, { null = \(info.name).null }).",
            .object(Null.shared))
    }
}

extension Arg where Value == LuaValue {
    /// What a null in a text becomes.
    static func nullValue(_ namespace: String) -> Self {
        any("null", "what a null becomes, such as \(namespace).null; nil leaves its key out").named
    }
}
