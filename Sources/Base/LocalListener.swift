import Glibc

/// A socket of this machine that listens, on a port that nobody else can take in between: whoever is to serve there gets the socket.
public struct LocalListener: Sendable {
    /// Closed by whoever has it in the end; not passed on to programs that are started.
    public let socket: Int32
    /// On 127.0.0.1.
    public let port: UInt16

    /// Throws `FileError` when no port is to be had.
    public init() throws {
        let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) != 0 || listen(descriptor, 128) != 0
                    || getsockname(descriptor, $0, &size) != 0
            }
        }
        if descriptor < 0 || failed {
            let error = FileError.last("listen on", "127.0.0.1")
            if descriptor >= 0 { close(descriptor) }
            throw error
        }
        (socket, port) = (descriptor, address.sin_port.byteSwapped)
    }
}
