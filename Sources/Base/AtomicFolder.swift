import Glibc

/// Folders that appear whole or not at all, as `AtomicFile` does it for files: made under a temporary name beside their place, then
/// renamed.
public enum AtomicFolder {
    /// Makes `path` out of what `body` writes into the folder that it is given. What was there before goes only when that is whole.
    /// When `body` or the system fails nothing has changed.
    public static func replace(_ path: String, _ body: (_ temporary: String) throws -> Void) throws {
        let parent = Path.folder(path), mark = "\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
        let temporary = Path.join(parent, ".\(Path.name(path)).\(mark)"), old = temporary + ".old"
        do {
            try Files.makeFolder(temporary)
            try body(temporary)
            try AtomicFile.synchronize(temporary, naming: path)
            let isThere = Files.exists(path)
            if isThere, rename(path, old) != 0 { throw FileError.last("replace", path) }
            guard rename(temporary, path) == 0 else {
                let error = FileError.last("replace", path)
                if isThere { rename(old, path) }
                throw error
            }
        } catch {
            remove(temporary)
            throw error
        }
        try AtomicFile.synchronize(parent, naming: parent)
        remove(old)
    }

    /// Removes a folder with the files in it, or a file; what cannot be removed stays.
    public static func remove(_ path: String) {
        guard Files.isFolder(path) else { return Files.remove(path) }
        for name in (try? Files.list(path)) ?? [] { remove(Path.join(path, name)) }
        rmdir(path)
    }
    /// Removes the temporary folders in a folder that nobody else writes into now.
    public static func removeRemains(in folder: String) {
        for name in (try? Files.list(folder)) ?? []
        where name.hasPrefix(".") && (name.hasSuffix(".tmp") || name.hasSuffix(".tmp.old")) {
            let path = Path.join(folder, name)
            if Files.isFolder(path) { remove(path) }
        }
    }
}
