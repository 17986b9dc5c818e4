import Base
import Glibc

/// A hub for tests, one for all of them, in which each makes a repository of its own:
/// Tests/Support/HubServer/server.py, whose first lines say how one is made to misbehave.
public final class HubServer: Sendable {
    /// The one of this process.
    public static let shared = Result { try HubServer() }
    private let ports: [Int]
    // Kept for as long as the process: its standard input ends with it.
    nonisolated(unsafe) private let server: PythonServer

    private init() throws {
        server = try PythonServer("HubServer/server.py")
        ports = server.ports
    }
    /// The hub's address, and that of the host with the bytes.
    public var endpoint: String { "http://127.0.0.1:\(ports[0])" }
    /// The host with the bytes.
    public var there: String { "127.0.0.1:\(ports[1])" }

    /// A repository that behaves as said. Returns its name.
    public func repository(_ name: String, _ behaviour: JSON) throws -> String {
        let name = "test/\(name)-\(UInt32.random(in: 0 ... .max))"
        _ = try ask("/_repo/\(name)", behaviour)
        return name
    }
    /// One of a name of one's own.
    public func makeRepository(_ name: String, _ behaviour: JSON) throws { _ = try ask("/_repo/\(name)", behaviour) }
    /// What was asked of a repository so far.
    public func requests(of name: String) throws -> [JSON] { try ask("/_log/\(name)", nil).array ?? [] }

    /// By hand, over a socket of our own: what is tested is not what tests it.
    private func ask(_ path: String, _ body: JSON?) throws -> JSON {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(handle) }
        var address = sockaddr_in()
        (address.sin_family, address.sin_port) = (sa_family_t(AF_INET), in_port_t(ports[0]).bigEndian)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(handle, $0, size) }
        }
        guard connected == 0 else { throw FileError.last("connect to", path) }
        let text = body?.text() ?? ""
        let request =
            "POST \(path) HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)"
        try Array(request.utf8).withUnsafeBytes { try AtomicFile.write($0, to: handle, path: path) }
        var answer: [UInt8] = [], buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(handle, &buffer, buffer.count), count > 0 { answer += buffer[..<count] }
        let parts = String(decoding: answer, as: UTF8.self).split(separator: "\r\n\r\n", maxSplits: 1)
        return parts.count == 2 ? try JSON(parsing: String(parts[1])) : .null
    }
}
