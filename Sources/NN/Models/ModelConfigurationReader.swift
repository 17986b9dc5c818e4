import Base

/// Reads the `config.json` of a model part: typed, with the file and the key in every error.
public struct ModelConfigurationReader {
    private let json: JSON, path: String

    /// `path` is the file, for errors; nothing is read from it.
    public init(_ json: JSON, path: String) { (self.json, self.path) = (json, path) }

    /// What no length, count or ratio of a model comes near. A configuration multiplies a few of them with each other,
    /// never enough to leave an `Int`.
    public static let most = 1 << 20

    /// A positive integer; `fallback` when the key is not there.
    ///
    /// - Parameter most: more than that is an error: what the number is multiplied by, or made as many of, decides.
    public func int(_ key: String, _ fallback: Int, atMost most: Int = most) throws -> Int {
        try value(key, fallback, "a whole number from 1 to \(most)") { json in
            json.integer.flatMap { (1...most).contains($0) ? $0 : nil }
        }
    }
    /// Any number; `fallback` when the key is missing or null.
    public func number(_ key: String, _ fallback: Double) throws -> Double {
        try value(key, fallback, "a number") { $0.number }
    }
    /// `true` or `false`; `fallback` when the key is missing or null.
    public func bool(_ key: String, _ fallback: Bool) throws -> Bool {
        try value(key, fallback, "true or false") { $0.bool }
    }
    /// A string; `fallback` when the key is missing or null.
    public func string(_ key: String, _ fallback: String) throws -> String {
        try value(key, fallback, "a string") { $0.string }
    }
    /// A list of whole numbers from 1 to `most`, of any length up to 64; `fallback` when the key is missing or null.
    public func ints(_ key: String, _ fallback: [Int]) throws -> [Int] {
        try list(key, fallback, "whole numbers from 1 to \(Self.most)") { json in
            json.integer.flatMap { (1...Self.most).contains($0) ? $0 : nil }
        }
    }
    /// A list of `true` and `false`, of any length up to 64; `fallback` when the key is missing or null.
    public func bools(_ key: String, _ fallback: [Bool]) throws -> [Bool] {
        try list(key, fallback, "true and false") { $0.bool }
    }
    /// A list of strings, of any length up to 64; `fallback` when the key is missing or null.
    public func strings(_ key: String, _ fallback: [String]) throws -> [String] {
        try list(key, fallback, "strings") { $0.string }
    }
    /// Throws when the key is there with another value: this code implements only that one.
    public func require(_ key: String, _ expected: JSON) throws {
        guard let found = json[key], found != expected else { return }
        throw ModelConfigurationError.unsupported(path, key: key, found: found.text(), supported: expected.text())
    }

    /// The blocks of a model are listed, and none has that many.
    private static let longest = 64
    private func list<Value>(
        _ key: String, _ fallback: [Value], _ what: String, _ read: (JSON) -> Value?
    ) throws -> [Value] {
        try value(key, fallback, "a list of at most \(Self.longest) \(what)") { json in
            guard let items = json.array, items.count <= Self.longest else { return nil }
            let values = items.compactMap(read)
            return values.count == items.count ? values : nil
        }
    }
    private func value<Value>(
        _ key: String, _ fallback: Value, _ expected: String, _ read: (JSON) -> Value?
    ) throws -> Value {
        guard let found = json[key], !found.isNull else { return fallback }
        guard let value = read(found) else {
            throw ModelConfigurationError.type(path, key: key, found: found.text(), expected: expected)
        }
        return value
    }
}

/// A `config.json` that this code cannot build a model from.
public enum ModelConfigurationError: UserError {
    case type(String, key: String, found: String, expected: String)
    case unsupported(String, key: String, found: String, supported: String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .type: "model.config"
        case .unsupported: "model.unsupported"
        }
    }
    /// See `UserError`.
    public var path: String? {
        switch self {
        case .type(let path, _, _, _), .unsupported(let path, _, _, _): path
        }
    }
    /// See `UserError`.
    public var key: String? {
        switch self {
        case .type(_, let key, _, _), .unsupported(_, let key, _, _): key
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .type(let path, let key, let found, let expected): "'\(path)': '\(key)' must be \(expected), got \(found)"
        case .unsupported(let path, let key, let found, let supported):
            "'\(path)': '\(key)' = \(found) is not supported (only \(supported) is)"
        }
    }
}
