/// A request to a server. A value; `HTTPConnection` performs it.
public struct HTTPRequest: Sendable {
    /// `"GET"`, `"HEAD"`, `"PUT"`, `"POST"`, `"DELETE"`.
    public var method: String
    /// Where it goes.
    public var address: HTTPAddress
    /// In order; names may come again.
    public var headers: [(name: String, value: String)] = []
    /// What is sent.
    public var body: [UInt8]?
    /// A part of a file that is sent instead of a body.
    public var upload: FilePart?
    /// Asks for the body as it is, unpacked nowhere on the way.
    public var isIdentity = false
    /// Sent once at most: over a new connection, since what goes into one that the server has closed is sent again.
    public var isOnce = false
    /// Seconds for the whole of it, 0 for as long as it takes; and for getting a connection.
    public var timeout = 120.0, connectTimeout = 10.0
    /// Seconds without a byte in either direction after which it is given up; 0 for never.
    public var idleTimeout = 0.0
    /// Bytes of the answer's body, unpacked, after which it is given up: a server may send without end.
    public var largestAnswer = 8 << 20

    /// A request without headers or body.
    public init(_ method: String, _ address: HTTPAddress) { (self.method, self.address) = (method, address) }
}

/// A part of a file: bytes `start` … `start + count`.
public struct FilePart: Sendable, Hashable {
    /// The file.
    public let path: String
    /// In bytes.
    public let start: Int, count: Int

    /// So many bytes from there.
    public init(_ path: String, start: Int = 0, count: Int) {
        (self.path, self.start, self.count) = (path, start, count)
    }
}

/// What a server answered, whatever its status.
public struct HTTPResponse: Sendable {
    /// Such as 200.
    public let status: Int
    /// By names in lower case; of a name that came twice the last, of `link` both, with a comma between.
    public let headers: [String: String]
    /// What came.
    public let body: [UInt8]

    /// An answer of these parts.
    public init(status: Int, headers: [String: String], body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }
}
