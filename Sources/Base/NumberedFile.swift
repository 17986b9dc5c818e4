import Glibc

/// Files that count up where nobody has said how they are called: `sample_001.mp4`, `sample_002.mp4` …
public enum NumberedFile {
    /// Takes the name after the highest that is there by making an empty file of it, so that no other shell gets it; the
    /// folder is made. Returns its path. Throws `FileError`.
    public static func claim(_ stem: String, _ fileExtension: String, in folder: String) throws -> String {
        try Files.makeFolder(folder)
        // Another extension counts as well: a picture and a video of one number would be taken for one another.
        let numbers = try Files.list(folder).compactMap { name -> Int? in
            let base = Path.stem(name)
            guard base.hasPrefix(stem + "_") else { return nil }
            let digits = base.dropFirst(stem.count + 1)
            return digits.allSatisfy { ("0"..."9").contains($0) } ? Int(digits) : nil
        }
        var number = (numbers.max() ?? 0) + 1
        while true {
            let digits = String(number), zeros = String(repeating: "0", count: max(0, 3 - digits.count))
            let path = Path.join(folder, "\(stem)_\(zeros)\(digits).\(fileExtension)")
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            if descriptor >= 0 {
                close(descriptor)
                return path
            }
            guard errno == EEXIST else { throw FileError.last("create", path) }
            number += 1
        }
    }
}
