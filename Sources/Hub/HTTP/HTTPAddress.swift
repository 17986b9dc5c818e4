import Foundation

/// Where a server is: an http or https address, checked and without user or password.
public struct HTTPAddress: Sendable, Hashable, CustomStringConvertible {
    /// `"http"` or `"https"`.
    public let scheme: String
    /// As it is written, IPv6 without its brackets.
    public let host: String
    /// Nil for the scheme's own.
    public let port: Int?
    /// Begins with a slash, without one at the end; may be empty.
    public let path: String
    /// With its question mark; empty for none.
    public let query: String

    /// Throws `HTTPError.address` for what is none.
    public init(_ text: String) throws {
        let text = text.contains("://") ? text : "http://\(text)"
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), var host = parts.host, !host.isEmpty
        else { throw HTTPError.address(Self.shown(text), reason: "it is not an http or https address") }
        guard parts.user == nil, parts.password == nil else {
            throw HTTPError.address(Self.shown(text), reason: "it holds a user or password")
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        var path = parts.percentEncodedPath
        while path.hasSuffix("/") { path.removeLast() }
        (self.scheme, self.host, port, self.path) = (scheme, host.lowercased(), parts.port, path)
        query = parts.percentEncodedQuery.map { "?\($0)" } ?? ""
    }
    private init(_ base: HTTPAddress, path: String, query: String? = nil) {
        (scheme, host, port, self.path, self.query) = (base.scheme, base.host, base.port, path, query ?? base.query)
    }

    /// The address of something below: `"chat/completions"`.
    public func appending(_ name: String) -> HTTPAddress { HTTPAddress(self, path: "\(path)/\(name)") }
    /// The address of something below by the parts of its path, whatever letters they have; a slash in one is no separator.
    public func below(_ parts: some Sequence<some StringProtocol>) -> HTTPAddress {
        HTTPAddress(self, path: path + parts.map { "/" + Self.encoded($0) }.joined())
    }
    /// The same address with another query.
    public func asking(_ pairs: KeyValuePairs<String, String>) -> HTTPAddress {
        let query = pairs.map { "\(Self.encoded($0.key))=\(Self.encoded($0.value))" }.joined(separator: "&")
        return HTTPAddress(self, path: path, query: "?" + query)
    }
    /// Where a `Location` that came from here leads. Throws `HTTPError.address`.
    public func following(_ location: String) throws -> HTTPAddress {
        if location.contains("://") { return try HTTPAddress(location) }
        if location.hasPrefix("//") { return try HTTPAddress("\(scheme):\(location)") }
        let root = "\(scheme)://\(authority)"
        if location.hasPrefix("/") { return try HTTPAddress(root + location) }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return try HTTPAddress(root + folder + location)
    }
    /// Scheme, host and port are the same: where a key that is for one may go.
    public func isSameOrigin(as other: HTTPAddress) -> Bool {
        scheme == other.scheme && host == other.host && actualPort == other.actualPort
    }
    private var actualPort: Int { port ?? (scheme == "https" ? 443 : 80) }
    private static func encoded(_ text: some StringProtocol) -> String {
        text.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
    }
    private static let plain = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    /// The same server, another path, which begins with a slash.
    public func replacingPath(_ path: String) -> HTTPAddress { HTTPAddress(self, path: path) }
    /// The whole address.
    public var description: String { "\(scheme)://\(authority)\(path)\(query)" }
    /// Host, and port where it is given.
    public var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(host):\($0)" } ?? host
    }

    /// This machine. Never reached through a proxy.
    public var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || numbers.map { $0[0] == 127 } ?? false
    }
    /// This machine or a network that is nobody else's: where a key may go without encryption.
    public var isPrivate: Bool {
        if isLoopback || isLinkLocal || host.hasPrefix("fc") && host.contains(":")
            || host.hasPrefix("fd") && host.contains(":")
        {
            return true
        }
        guard let n = numbers else { return host.hasSuffix(".local") || !host.contains(".") && !host.contains(":") }
        return n[0] == 10 || n[0] == 192 && n[1] == 168 || n[0] == 172 && (16...31).contains(n[1])
    }
    /// On the same wire.
    var isLinkLocal: Bool { host.hasPrefix("fe80:") || numbers.map { $0[0] == 169 && $0[1] == 254 } ?? false }

    private var numbers: [Int]? {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false), numbers = parts.compactMap { Int($0) }
        return parts.count == 4 && numbers.count == 4 && numbers.allSatisfy { (0...255).contains($0) } ? numbers : nil
    }
    /// What an error may show of a text that may hold a password.
    private static func shown(_ text: String) -> String {
        guard let at = text.lastIndex(of: "@") else { return String(text.prefix(100)) }
        return "…@" + text[text.index(after: at)...].prefix(100)
    }
}
