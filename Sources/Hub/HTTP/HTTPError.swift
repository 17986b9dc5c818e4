import Base

/// A request that got no answer.
public enum HTTPError: UserError {
    case address(String, reason: String)
    case header(String)
    /// The name of the host is unknown.
    case noHost(HTTPAddress)
    case noConnection(HTTPAddress, reason: String)
    case notTrusted(HTTPAddress, reason: String)
    case timedOut(HTTPAddress, seconds: Double)
    case broken(HTTPAddress, reason: String)
    case tooLong(HTTPAddress, limit: Int)
    /// A file that became shorter while it was sent.
    case changed(String)

    /// See `UserError`.
    public var kind: String {
        switch self {
        case .address, .header: "http.address"
        case .changed: "file.changed"
        default: "http.network"
        }
    }
    /// Whether the same request may do a moment later.
    public var mayPass: Bool {
        switch self {
        case .noHost, .noConnection, .timedOut, .broken: true
        case .address, .header, .notTrusted, .tooLong, .changed: false
        }
    }
    /// The server that it was about; nil where it was about none.
    public var address: HTTPAddress? {
        switch self {
        case .address, .header, .changed: nil
        case .noHost(let address), .noConnection(let address, _), .notTrusted(let address, _),
            .timedOut(let address, _),
            .broken(let address, _), .tooLong(let address, _):
            address
        }
    }
    /// See `UserError`.
    public var description: String {
        switch self {
        case .address(let text, let reason): "'\(text)' cannot be asked: \(reason)"
        case .header(let name): "the header '\(name)' holds a line break or another control character"
        case .noHost(let address): "the name '\(address.host)' is unknown; check the address and the network"
        case .noConnection(let address, let reason):
            "nothing answers at \(address.authority) (\(reason)); is the server running?"
        case .notTrusted(let address, let reason):
            "the certificate of \(address.authority) is not trusted (\(reason)); SSL_CERT_FILE names other authorities"
        case .timedOut(let address, let seconds):
            "\(address.authority) did not answer within \(Int(seconds)) s; 'timeout' waits longer"
        case .broken(let address, let reason): "the connection to \(address.authority) broke (\(reason))"
        case .tooLong(let address, let limit):
            "\(address.authority) sent more than \(ByteCount(limit)), which is no answer"
        case .changed(let path): "'\(path)' became shorter while it was being sent"
        }
    }
}
