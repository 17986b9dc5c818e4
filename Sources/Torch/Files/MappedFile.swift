import Base
import Glibc

/// A file mapped into memory. Tensors over it keep it alive; what is written to them does not reach the file.
///
/// The mapping shares the page cache, so a file that is replaced (by rename, as every writer here does) stays readable.
public final class MappedFile: @unchecked Sendable {
    /// The file as it was opened.
    public let path: String
    /// The content. Sendable because the pages stay where they are until the last reference goes, and nobody writes
    /// them but the one user of a tensor over them.
    public let bytes: UnsafeRawBufferPointer

    /// Throws `FileError` when the file cannot be opened or mapped.
    public init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError.last("read", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let code = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
            throw FileError.system(operation: "read", path: path, code: code)
        }
        self.path = path
        let count = Int(status.st_size)
        guard count > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            return
        }
        // Writable, so that an in-place operator on a tensor does not kill the process; private,
        // so that the file stays.
        let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0)
        guard let start, start != MAP_FAILED else { throw FileError.last("map", path) }
        bytes = UnsafeRawBufferPointer(start: start, count: count)
    }
    deinit {
        if let start = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: start), bytes.count) }
    }

    /// Tells the kernel that the file will be read from front to back, soon.
    public func readAhead() {
        guard let start = bytes.baseAddress else { return }
        madvise(UnsafeMutableRawPointer(mutating: start), bytes.count, MADV_SEQUENTIAL)
        madvise(UnsafeMutableRawPointer(mutating: start), bytes.count, MADV_WILLNEED)
    }
}
