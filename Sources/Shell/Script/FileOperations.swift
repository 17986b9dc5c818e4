import Base
import Glibc

/// Copying and moving, as `fs` does it.
enum FileOperations {
    /// Copies a regular file. `target` may be a folder, which keeps the name. Throws `FileError`.
    static func copy(_ source: String, to target: String) throws {
        let target = inside(target, source)
        var status = stat()
        guard stat(source, &status) == 0 else { throw FileError.last("copy", source) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw FileError.system(
                operation: "copy", path: source, code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
        }
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw FileError.last("open", source) }
        defer { close(input) }
        try AtomicFile.replace(target) { output in
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let count = read(input, &buffer, buffer.count)
                if count == 0 { break }
                if count < 0 {
                    if errno == EINTR { continue }
                    throw FileError.last("read", source)
                }
                try buffer.withUnsafeBytes {
                    try AtomicFile.write(UnsafeRawBufferPointer(rebasing: $0[..<count]), to: output, path: target)
                }
            }
            fchmod(output, status.st_mode & 0o7777)
        }
    }
    /// Renames, or copies and removes a file across file systems. Throws `FileError`.
    static func move(_ source: String, to target: String) throws {
        let target = inside(target, source)
        if rename(source, target) == 0 { return }
        guard errno == EXDEV, !Files.isFolder(source) else { throw FileError.last("move", source) }
        try copy(source, to: target)
        guard unlink(source) == 0 else { throw FileError.last("remove", source) }
    }
    private static func inside(_ target: String, _ source: String) -> String {
        Files.isFolder(target) ? Path.join(target, Path.name(source)) : target
    }
}
