import Base
import Foundation
import Hub

/// A key of a service, with where it came from.
struct APIKey: Sendable {
    private let key: AccessKey
    /// Where it came from: `"MOONSHOT_API_KEY"`, `"the file 'api_key.txt'"`. For people.
    let origin: String
    /// The file that it came from.
    private(set) var file: String?

    /// Throws `CaptionerError.key` for a key that could not be sent.
    init(_ text: String, from origin: String) throws {
        var text = Lines.trimmed(text)
        for mark in ["\"", "'"] where text.count > 1 && text.hasPrefix(mark) && text.hasSuffix(mark) {
            text = Lines.trimmed(text.dropFirst().dropLast())
        }
        if text.lowercased().hasPrefix("bearer ") { text = Lines.trimmed(text.dropFirst(7)) }
        guard !text.isEmpty else { throw CaptionerError.key("\(origin) is empty") }
        guard let key = AccessKey(text) else {
            throw CaptionerError.key("\(origin) holds a blank, a control character or a letter that no key has")
        }
        (self.key, self.origin) = (key, origin)
    }

    /// The first line of a file that is neither empty nor a comment.
    init(file path: String) throws {
        let lines = String(decoding: try Files.read(path), as: UTF8.self).split(whereSeparator: \.isNewline)
        let texts = lines.map { Lines.trimmed($0.drop { $0 == "\u{FEFF}" }) }
        guard let line = texts.first(where: { !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix("//") }) else {
            throw CaptionerError.key("'\(path)' holds no key: its first line that is no comment should be the key")
        }
        try self.init(line, from: "the file '\(path)'")
        file = path
    }

    var header: (name: String, value: String) { key.header }

    /// A text without the key in it, plain, percent-encoded or in base64.
    func masked(_ said: String) -> String { key.masked(said) }
}

extension APIKey {
    /// Where a key may come from.
    struct Sources: Sendable {
        /// An environment variable, or a file, that the user named.
        var variable: String?, file: String?
        /// Variables that are looked at when neither is named, in order, and then a file where it is there.
        var usual: [String] = [], usualFile: String?
    }
    /// The key of the first source that has one; nil where none is named and none of the usual has any.
    static func find(_ sources: Sources) throws -> APIKey? {
        if let name = sources.variable {
            if let text = variable(name) { return try APIKey(text, from: name) }
            if sources.file == nil { throw CaptionerError.key("the environment variable \(name) is not set") }
        }
        if let path = sources.file { return try APIKey(file: path) }
        for name in sources.usual { if let text = variable(name) { return try APIKey(text, from: name) } }
        if let path = sources.usualFile, Files.exists(path) { return try APIKey(file: path) }
        return nil
    }
    /// An environment variable; one that is set but empty counts as unset.
    static func variable(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    /// A sentence for a key file that others can read; nil for one that they cannot.
    static func warning(file path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return nil }
        return "others can read '\(path)', which holds a key: chmod 600 '\(path)'"
    }
}
