import Base
import LuaKit

/// File names inside strings.
enum PathCompletion {
    /// The paths that go on from the string, folders first; `kind` picks the files.
    static func complete(_ open: OpenString, kind: TypeInfo.PathKind) -> Completion? {
        let text = open.text
        let slash = text.lastIndex(of: "/").map { text.index(after: $0) } ?? text.startIndex
        let folder = String(text[..<slash]), partial = String(text[slash...])
        let names = (try? Files.list(folder.isEmpty ? "." : Path.expandingTilde(folder))) ?? []
        var folders: [Completion.Candidate] = [], files: [Completion.Candidate] = []
        for name in names where name.hasPrefix(partial) && (!name.hasPrefix(".") || partial.hasPrefix(".")) {
            let path = Path.join(Path.expandingTilde(folder), name)
            // A name that is not UTF-8 came with replacements, under which nothing can be opened.
            guard let written = open.written(folder + name), !name.contains("\u{FFFD}") || Files.exists(path) else {
                continue
            }
            if Files.isFolder(path) {
                folders.append(.init(written + "/", name: name + "/", type: "folder"))
            } else if accepts(name, kind) {
                files.append(.init(written, name: name, type: "file"))
            }
        }
        let found = folders + files
        guard !found.isEmpty else { return nil }
        // A folder goes on; a file ends the string.
        let isDone = found.count == 1 && folders.isEmpty
        return Completion(start: open.start, candidates: found, append: isDone ? open.close : nil)
    }

    private static func accepts(_ name: String, _ kind: TypeInfo.PathKind) -> Bool {
        let ending = Path.fileExtension(name)
        switch kind {
        case .any: return true
        case .folder: return false
        case .media:
            return [
                "mp4", "mov", "mkv", "webm", "avi", "m4v", "mpg", "mpeg", "wmv", "flv", "ts", "gif", "png", "jpg",
                "jpeg",
                "webp", "bmp", "json", "jsonl", "csv", "txt",
            ].contains(ending)
        case .config: return ["yaml", "yml"].contains(ending)
        case .checkpoint: return ["safetensors", "pt", "ckpt", "json"].contains(ending)
        case .script: return ending == "lua"
        }
    }
}
