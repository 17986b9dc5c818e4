/// A request to a server. A value; `HTTPConnection` performs it.
public struct HTTPRequest: Sendable {
    /// `"GET"`, `"POST"`, `"DELETE"`.
    public var method: String
    /// Where it goes.
    public var address: HTTPAddress
    /// In order; names may come again.
    public var headers: [(name: String, value: String)] = []
    /// What is sent, or what came.
    public var body: [UInt8]?
    /// Seconds for the whole of it, and for getting a connection.
    public var timeout = 120.0, connectTimeout = 10.0
    /// Bytes of the answer's body, unpacked, after which it is given up: a server may send without end.
    public var largestAnswer = 8 << 20

    /// A request without headers or body.
    public init(_ method: String, _ address: HTTPAddress) { (self.method, self.address) = (method, address) }
}

/// What a server answered, whatever its status.
public struct HTTPResponse: Sendable {
    /// Such as 200.
    public let status: Int
    /// By names in lower case; the last of a name that came twice.
    public let headers: [String: String]
    /// What is sent, or what came.
    public let body: [UInt8]

    /// An answer of these parts.
    public init(status: Int, headers: [String: String], body: [UInt8]) {
        (self.status, self.headers, self.body) = (status, headers, body)
    }
}
