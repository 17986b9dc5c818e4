import Base
import Glibc
import Torch

/// How much memory a training holds.
enum MemoryInUse {
    /// Bytes: on the CPU what of this process is in memory, on a GPU what is taken of it by anybody; nil where nobody can tell.
    static func now(on device: Device) -> Int? {
        switch device {
        case .cpu:
            // Pages: all, resident, …
            (try? Files.text("/proc/self/statm"))?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
                .map { $0 * sysconf(Int32(_SC_PAGESIZE)) }
        case .cuda(let index): (try? Backend.cudaMemory(index)).map { $0.total - $0.free }
        case .meta: nil
        }
    }
}
