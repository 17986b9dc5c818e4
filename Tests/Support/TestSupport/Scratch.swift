import Base
import Glibc
import Synchronization

/// Where tests put their files. Everything goes away with the process, whatever a test leaves behind.
public enum Scratch {
    /// A path that nothing is at yet: `Scratch.path("history")`, `Scratch.path("weights", ".safetensors")`.
    public static func path(_ name: String, _ ending: String = "") -> String {
        Path.join(root, "\(name)-\(count.add(1, ordering: .relaxed).newValue)\(ending)")
    }
    /// A new folder.
    public static func folder(_ name: String) throws -> String {
        let folder = path(name)
        try Files.makeFolder(folder)
        return folder
    }

    private static let count = Atomic(0)
    private static let root: String = {
        let root = "/tmp/ltxsh-tests-\(getpid())"
        mkdir(root, 0o700)
        atexit { Scratch.remove("/tmp/ltxsh-tests-\(getpid())") }
        return root
    }()
    /// Removes a file or a folder with all that is in it, for what is too large to lie there until the end.
    public static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            chmod(path, 0o700)
            for name in (try? Files.list(path)) ?? [] { remove(Path.join(path, name)) }
            rmdir(path)
        } else {
            unlink(path)
        }
    }
}
