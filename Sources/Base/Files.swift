import Glibc

/// Reading files and folders, with errors that name them.
public enum Files {
    /// The bytes of a file. Throws `FileError`.
    public static func read(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError.last("read", path) }
        guard status.st_mode & S_IFMT != S_IFDIR else {
            throw FileError.system(operation: "read", path: path, code: EISDIR)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(Int(status.st_size), 1 << 28))  // a file of holes claims more than there is memory
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.last("read", path)
            }
            bytes.append(contentsOf: buffer[..<count])
        }
    }
    /// The text of a file; bytes that are not UTF-8 become replacement characters. Throws `FileError`.
    public static func text(_ path: String) throws -> String { String(decoding: try read(path), as: UTF8.self) }

    /// A JSON file. Throws `FileError` or `JSONError` with the path.
    public static func json(_ path: String) throws -> JSON { try JSON(parsing: read(path), path: path) }

    /// Whether something is there, file or folder; links are followed.
    public static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
    /// Whether a folder is there, or a link to one.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
    /// Bytes in a regular file, `nil` when there is none.
    public static func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }
    /// Names in a folder, sorted by their bytes, without `.` and `..`. Throws `FileError`.
    public static func list(_ folder: String) throws -> [String] {
        guard let handle = opendir(folder) else { throw FileError.last("list", folder) }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        // strcmp compares bytes, as promised, and is fast on tens of thousands of names.
        return names.sorted { strcmp($0, $1) < 0 }
    }
    /// Makes a folder and the folders above it. Throws `FileError`.
    public static func makeFolder(_ path: String) throws {
        if isFolder(path) { return }
        let parent = Path.folder(path)
        if parent != path, !isFolder(parent) { try makeFolder(parent) }
        guard mkdir(path, 0o777) == 0 || errno == EEXIST && isFolder(path) else {
            throw FileError.last("make the folder", path)
        }
    }
}

extension Files {
    /// A copy, by the file system's own means where it has any; what is there is replaced. Throws `FileError`, and `Cancelled` when
    /// the monitor says so, with the part that was copied left.
    public static func copy(_ source: String, to target: String, monitor: Monitor = Monitor()) throws {
        let from = open(source, O_RDONLY | O_CLOEXEC)
        guard from >= 0 else { throw FileError.last("open", source) }
        defer { close(from) }
        let to = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard to >= 0 else { throw FileError.last("write", target) }
        defer { close(to) }
        // Shares the blocks where the file system can: nothing is read, and nothing is taken.
        if ioctl(to, UInt(0x4004_9409), from) == 0 { return }  // FICLONE
        while true {
            try monitor.checkpoint()
            let moved = sendfile(to, from, nil, 64 << 20)
            if moved < 0, errno == EINTR { continue }
            guard moved >= 0 else { throw FileError.last("copy", source) }
            if moved == 0 { return }
        }
    }
    /// Bytes that may still be written to the disk of a path, which need not be there yet; nil where the system does not tell.
    public static func freeSpace(at path: String) -> Int? {
        var ancestor = Path.absolute(path), status = statvfs()
        while statvfs(ancestor, &status) != 0 {
            guard ancestor != "/" else { return nil }
            ancestor = Path.folder(ancestor)
        }
        return Int(status.f_bavail) &* Int(status.f_frsize)
    }

    /// Removes a file. Nothing happens when it is not there or may not be removed.
    public static func remove(_ path: String) { unlink(path) }

    /// Adds text to the end of a file in one write, making the file when it is not there. Throws `FileError`.
    public static func append(_ text: String, to path: String) throws { try append(Array(text.utf8), to: path) }
    /// Adds bytes to the end of a file in one write, making the file when it is not there. Throws `FileError`.
    public static func append(_ bytes: [UInt8], to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
        defer { close(descriptor) }
        try bytes.withUnsafeBytes { try AtomicFile.write($0, to: descriptor, path: path) }
    }
}
