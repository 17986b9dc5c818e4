import Base

/// A repository of a hub: `Lightricks/LTX-Video`.
public struct HubRepository: Sendable, Hashable, CustomStringConvertible {
    /// Owner and name; the name alone for the few repositories without an owner.
    public let description: String
    /// The last part.
    public var name: String { parts.last.map(String.init) ?? description }
    /// Owner and name.
    var parts: [Substring] { description.split(separator: "/") }
    /// The folder of a cache that it lies in.
    var cacheName: String { "models--" + description.replacing("/", with: "--") }

    /// A name, or the address of a repository's page. Throws `HubError.repositoryName`.
    public init(_ text: String) throws {
        var name = text[...]
        if let scheme = name.range(of: "://") {
            // Host, then owner and name; what comes after them is a place inside.
            name = name[scheme.upperBound...].drop { $0 != "/" }.dropFirst()
            name = name.split(separator: "/").prefix(2).joined(separator: "/")[...]
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy(Self.isName) else { throw HubError.repositoryName(text) }
        description = String(name)
    }
    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.count <= 96 && !text.contains("..") && !text.contains("--") && !text.hasPrefix(".")
            && !text.hasSuffix(".") && !text.hasPrefix("-")
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
    }
}

/// One file of a repository.
public struct HubFile: Sendable, Hashable {
    /// Relative to the repository, safe to be made below a folder.
    public let path: String
    /// Bytes in it.
    public let size: Int
    /// What it holds; nil where nobody says.
    public let hash: ContentHash?

    /// A file of a list. Throws `HubError.fileName` for a path that leads elsewhere.
    public init(_ path: String, size: Int, hash: ContentHash?) throws {
        // Folders of git and of downloads are no part of a model: whoever writes there changes what programs do.
        let reserved = path.lowercased().split(separator: "/").contains { $0 == ".git" || $0 == ".cache" }
        guard Path.isPlain(path), !reserved, size >= 0 else { throw HubError.fileName(path) }
        (self.path, self.size, self.hash) = (path, size, hash)
    }
}

/// What a repository holds at one commit.
public struct HubListing: Sendable {
    /// Whose it is.
    public let repository: HubRepository
    /// 40 digits; ModelScope's revision where it has no other.
    public let commit: String
    /// Every file, sorted by path.
    public let files: [HubFile]

    /// So many files at a commit.
    public init(_ repository: HubRepository, commit: String, files: [HubFile]) {
        (self.repository, self.commit, self.files) = (repository, commit, files.sorted { $0.path < $1.path })
    }
    /// Those files that some patterns of a shell name, in their order; all for no patterns. Throws `HubError.noFile` for a pattern
    /// that names none.
    public func matching(_ patterns: [String]) throws -> [HubFile] {
        for pattern in patterns where !files.contains(where: { Self.matches($0.path, pattern) }) {
            throw HubError.noFile(pattern, repository)
        }
        return patterns.isEmpty ? files : files.filter { file in patterns.contains { Self.matches(file.path, $0) } }
    }
    /// `*` and `?` stand for anything, slashes too, as in Hugging Face's programs; a folder for all in it.
    public static func matches(_ path: String, _ pattern: String) -> Bool {
        let pattern = pattern.hasSuffix("/") ? pattern + "*" : pattern
        return matches(Array(path.utf8)[...], Array(pattern.utf8)[...])
    }
    private static func matches(_ text: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        var text = text, pattern = pattern, back: (text: ArraySlice<UInt8>, pattern: ArraySlice<UInt8>)?
        while true {
            switch (text.first, pattern.first) {
            case (nil, nil): return true
            case (_, UInt8(ascii: "*")):
                pattern = pattern.dropFirst()
                back = (text, pattern)
            case (let letter?, let wanted?) where letter == wanted || wanted == UInt8(ascii: "?"):
                (text, pattern) = (text.dropFirst(), pattern.dropFirst())
            default:
                // The last star takes one letter more.
                guard let last = back, !last.text.isEmpty else { return false }
                back = (last.text.dropFirst(), last.pattern)
                (text, pattern) = (last.text.dropFirst(), last.pattern)
            }
        }
    }
}
