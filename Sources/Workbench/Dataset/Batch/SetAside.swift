import Base
import Glibc

/// Moves clips of a dataset's folder into `set_aside`, with what is said of them beside them as a text. Nothing that is
/// there is written over: names that are taken get a number.
struct SetAside {
    static let folderName = "set_aside"
    let folder: String
    var place: String { Path.join(folder, Self.folderName) }

    /// The clip's text file and reference go along. Throws `FileError`; the clip is the last that is moved.
    func move(_ name: String, caption: String?) throws {
        try Files.makeFolder(place)
        let stem = Path.stem(name), free = free(stem), text = Sidecars.path(of: name, in: folder)
        var isWritten = false
        // A text that cannot be read goes along as it is.
        let written = (try? Sidecars.read(name, in: folder)) ?? nil
        if let caption, !caption.isEmpty, written != caption {
            try AtomicFile.write(caption + "\n", to: Path.join(place, free + ".txt"))
            isWritten = true
        }
        if Files.exists(text) {
            try move(text, to: (isWritten ? self.free(stem) : free) + Path.dottedExtension(text))
        }
        for kind in [".mp4", ".png"] {
            let reference = Path.join(folder, "\(stem)_reference\(kind)")
            if Files.exists(reference) { try move(reference, to: "\(free)_reference\(kind)") }
        }
        let clip = Path.join(folder, name)
        if Files.exists(clip) { try move(clip, to: free + Path.dottedExtension(name)) }
    }
    /// Keeps a caption as a text, for a clip that stays where it is. Returns the text's name. Throws `FileError`.
    func keep(_ caption: String, of name: String) throws -> String {
        try Files.makeFolder(place)
        let text = free(Path.stem(name)) + ".txt"
        try AtomicFile.write(caption + "\n", to: Path.join(place, text))
        return text
    }
    /// Takes away what `move` put there of a clip that has come back: the same file by another name, with its text.
    func remove(twinOf path: String) throws {
        var clip = stat()
        guard stat(path, &clip) == 0, Files.isFolder(place) else { return }
        for name in try Files.list(place) {
            var other = stat()
            guard stat(Path.join(place, name), &other) == 0, other.st_ino == clip.st_ino, other.st_dev == clip.st_dev
            else {
                continue
            }
            Files.remove(Path.join(place, name))
            Files.remove(Path.join(place, Path.stem(name) + ".txt"))
        }
        rmdir(place)  // where nothing else is in it
    }
    /// Moves a text file that has no clip. Throws `FileError`.
    func move(text name: String) throws {
        try Files.makeFolder(place)
        try move(Path.join(folder, name), to: free(Path.stem(name)) + Path.dottedExtension(name))
    }
    private func move(_ path: String, to name: String) throws {
        guard rename(path, Path.join(place, name)) == 0 else { throw FileError.last("move", path) }
    }
    /// A stem that no file has there yet.
    private func free(_ stem: String) -> String {
        let taken = Set(((try? Files.list(place)) ?? []).map(Path.stem))
        func isFree(_ stem: String) -> Bool { !taken.contains(stem) && !taken.contains(stem + "_reference") }
        if isFree(stem) { return stem }
        var number = 2
        while !isFree("\(stem)_\(number)") { number += 1 }
        return "\(stem)_\(number)"
    }
}
