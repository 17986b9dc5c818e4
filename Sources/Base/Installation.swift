import Glibc

/// The program's own files, wherever it is run from: the repository that it was built in, or `PREFIX/share/ltxsh` after
/// scripts/install.sh.
public enum Installation {
    /// The folder that holds `configs`, `scripts`, `examples` and `docs`; nil for a program that was moved away from them.
    public static let share: String? = executable.flatMap(share(of:))

    /// The folder of the program's files, from where the program is.
    static func share(of executable: String) -> String? {
        let folder = Path.folder(executable)
        let installed = Path.absolute(Path.join(folder, "../../share/ltxsh"))
        if Path.name(folder) == "ltxsh", Files.exists(Path.join(installed, "configs")) { return installed }
        // .build/x86_64-unknown-linux-gnu/release/ltxsh
        var place = folder
        while place != "/" {
            place = Path.folder(place)
            if Files.exists(Path.join(place, "Package.swift")), Files.exists(Path.join(place, "configs")) {
                return place
            }
        }
        return nil
    }

    /// A path as it is given, or, where nothing is there, the program's own file of that name: `configs/tiny.yaml`,
    /// `scripts/train.lua`. What is here comes first.
    public static func path(_ path: String) -> String {
        guard !path.hasPrefix("/"), !Files.exists(Path.expandingTilde(path)), let share,
            ["configs/", "scripts/", "examples/"].contains(where: path.hasPrefix)
        else { return path }
        let own = Path.join(share, path)
        return Files.exists(own) ? own : path
    }
    /// A folder here, whether there is one or not, and the program's own of that name.
    public static func folders(_ name: String) -> [String] {
        let own = share.map { Path.join($0, name) }
        return [name] + [own].compactMap { $0 }.filter { $0 != Path.absolute(name) && Files.isFolder($0) }
    }

    /// The commit that it was built from, where scripts/install.sh or git says it.
    public static var commit: String? {
        guard let executable, let share else { return nil }
        let told = Path.join(Path.folder(executable), "commit")
        if let text = try? Files.text(told) { return text.split(whereSeparator: \.isWhitespace).first.map(String.init) }
        // A built repository: the commit that is checked out.
        let git = Path.join(share, ".git")
        guard let head = try? Files.text(Path.join(git, "HEAD")) else { return nil }
        var id = head.split(whereSeparator: \.isWhitespace).last.map(String.init) ?? ""
        if head.hasPrefix("ref:") {
            let packed = (try? Files.text(Path.join(git, "packed-refs"))) ?? ""
            let line = packed.split(separator: "\n").first { $0.hasSuffix(" " + id) }
            id = (try? Files.text(Path.join(git, id))) ?? line.map(String.init) ?? ""
        }
        return id.count < 40 ? nil : String(id.prefix(7))
    }

    private static var executable: String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}
