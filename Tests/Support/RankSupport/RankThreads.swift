import Base
import Glibc
import Synchronization
import Torch

/// Ranks over real sockets, each a thread of this process.
public enum RankThreads {
    /// What each rank of a group returns or throws; nil for those that are left out.
    public static func run<R: Sendable>(
        _ size: Int, missing: Set<Int> = [], patience: ProcessGroup.Patience = .init(),
        _ body: @escaping @Sendable (ProcessGroup) throws -> R
    ) throws -> [Result<R, any Error>?] {
        let (socket, port) = try listener()
        let box = Box(size: size, of: R.self)
        let threads = (0..<size).filter { !missing.contains($0) }.map { rank in
            WorkerThread("rank \(rank)") {
                box.set(
                    rank,
                    Result {
                        var place = RankVariables(rank: rank, of: size, at: "127.0.0.1", port: port)
                        place.listener = rank == 0 ? Int(socket) : nil
                        return try body(ProcessGroup(place, patience: patience))
                    })
            }
        }
        for thread in threads { thread.join() }
        return box.all
    }
    private final class Box<R: Sendable>: Sendable {
        private let results: Mutex<[Result<R, any Error>?]>
        init(size: Int, of: R.Type) { results = Mutex(Array(repeating: nil, count: size)) }
        func set(_ rank: Int, _ result: Result<R, any Error>) { results.withLock { $0[rank] = result } }
        var all: [Result<R, any Error>?] { results.withLock { $0 } }
    }
    /// A socket of 127.0.0.1 that listens, and its port.
    public static func listener() throws -> (Int32, Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let failed = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) != 0 || listen(descriptor, 16) != 0
                    || getsockname(descriptor, $0, &size) != 0
            }
        }
        if failed { throw FileError.last("listen on", "127.0.0.1") }
        return (descriptor, Int(address.sin_port.byteSwapped))
    }
}
