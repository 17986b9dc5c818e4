import Glibc

/// Files that appear whole or not at all: temporary name in the same folder, write, fsync, rename, fsync of the folder.
///
/// Every writer in the project goes through here, so that durability is tested in one place.
public enum AtomicFile {
    /// Replaces `path` by what `body` writes to the file descriptor it is given.
    ///
    /// When `body` or the system fails the old file is untouched and no temporary file is left. A new file gets mode
    /// 0644 less the umask, a replaced one keeps its mode. A symbolic link is followed: its target is replaced.
    public static func replace(_ path: String, _ body: (_ descriptor: Int32) throws -> Void) throws {
        try replace(path) { temporary in
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw FileError.last("create", path) }
            defer { close(descriptor) }
            try body(descriptor)
        }
    }

    /// Replaces `path` by the bytes.
    public static func write(_ bytes: some Collection<UInt8>, to path: String) throws {
        try replace(path) { descriptor in
            let done: Void? = try bytes.withContiguousStorageIfAvailable {
                try write(UnsafeRawBufferPointer($0), to: descriptor, path: path)
            }
            if done == nil { try Array(bytes).withUnsafeBytes { try write($0, to: descriptor, path: path) } }
        }
    }

    /// Replaces `path` by the text in UTF-8.
    public static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// Replaces `path` by the file that `body` makes under the temporary path it is given, for libraries that open
    /// files themselves. The temporary path has the extension of `path`, which such libraries read.
    public static func replace(_ path: String, makingFileAt body: (_ temporary: String) throws -> Void) throws {
        let target = resolved(path)
        let folder = Path.folder(target)
        try requireFolder(of: path)
        let temporary = Path.join(
            folder,
            ".\(Path.stem(target)).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp\(Path.dottedExtension(target))")
        do {
            try body(temporary)
            var old = stat()
            if stat(target, &old) == 0 { chmod(temporary, old.st_mode & 0o7777) }
            try synchronize(temporary, naming: path)
            guard rename(temporary, target) == 0 else { throw FileError.last("replace", path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try synchronize(folder, naming: folder)
    }

    /// Removes the temporary files that processes which are no more have left in a folder; what cannot be removed stays.
    public static func removeRemains(in folder: String) {
        for (name, made) in remains(in: folder) where !isAlive(made.writer) { unlink(Path.join(folder, name)) }
    }
    /// Removes the temporary files of the files of some names, for one who knows that nobody is writing those now.
    public static func removeRemains(in folder: String, of isAbandoned: (_ name: String) -> Bool) {
        for (name, made) in remains(in: folder) where isAbandoned(made.target) { unlink(Path.join(folder, name)) }
    }
    private static func remains(in folder: String) -> [(name: String, (target: String, writer: pid_t))] {
        ((try? Files.list(folder)) ?? []).compactMap { name in temporary(name).map { (name, $0) } }
    }
    /// A process that has ended but that nobody has waited for, as in a container without an init, is dead, too.
    private static func isAlive(_ process: pid_t) -> Bool {
        if kill(process, 0) != 0, errno == ESRCH { return false }
        guard let status = try? Files.text("/proc/\(process)/stat"), let name = status.lastIndex(of: ")") else {
            return true
        }
        return !["Z", "X"].contains(status[name...].dropFirst(2).first)
    }
    /// What a temporary file is to become and the process that makes it, `nil` for any other file. The stem may have dots
    /// in it.
    private static func temporary(_ name: String) -> (target: String, writer: pid_t)? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.hasPrefix("."), let mark = parts.lastIndex(of: "tmp"), mark >= 4, parts.count - mark <= 2,
            UInt32(parts[mark - 1]) != nil, let writer = pid_t(parts[mark - 2]), writer > 0
        else { return nil }
        return ((parts[1..<(mark - 2)] + parts[(mark + 1)...]).joined(separator: "."), writer)
    }

    /// Writes all bytes to a descriptor; `path` names the file in an error.
    public static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String) throws {
        var rest = bytes
        while !rest.isEmpty {
            // One call writes at most 2 GiB on Linux.
            let written = Glibc.write(descriptor, rest.baseAddress, min(rest.count, 1 << 30))
            if written < 0 {
                if errno == EINTR { continue }
                throw FileError.last("write", path)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    /// Flushes a file or folder to the disk.
    public static func synchronize(_ path: String, naming name: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", name) }
        defer { close(descriptor) }
        // Some network file systems refuse fsync on a folder; there is nothing more that a program can do there.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw FileError.last("flush", name) }
    }

    /// Throws `FileError.noFolder` when a file could not be made because its folder is not there.
    private static func requireFolder(of path: String) throws {
        if !Files.isFolder(Path.folder(resolved(path))) { throw FileError.noFolder(forFile: path) }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
