import Base
import LuaKit

/// Module names inside `require "…"`.
enum ModuleCompletion {
    /// The modules whose names go on from a text, from the places that `require` searches; a folder of modules goes on with a dot.
    static func candidates(_ text: String, _ lua: Lua) -> [Completion.Candidate] {
        guard let package = (try? lua.global("package"))?.reference else { return [] }
        let preloaded = (try? package.raw(.string("preload")))?.reference
        var modules = Set(((try? preloaded?.entries(limit: 2000))?.pairs ?? []).compactMap(\.key.string))
        var folders: Set<String> = []
        let parent = String(text[..<(text.lastIndex(of: ".").map { text.index(after: $0) } ?? text.startIndex)])
        for place in ((try? package.raw(.string("path")))?.string ?? "").split(separator: ";") {
            let parts = place.split(separator: "?", omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].isEmpty || parts[0].hasSuffix("/") else { continue }
            let folder = parts[0] + parent.replacing(".", with: "/"), ending = String(parts[1])
            for name in (try? Files.list(folder.isEmpty ? "." : String(folder))) ?? [] where !name.hasPrefix(".") {
                if ending.hasPrefix("/") {
                    if isModuleName(name), Files.exists(folder + name + ending) { modules.insert(parent + name) }
                } else if Files.isFolder(folder + name) {
                    if isModuleName(name), hasModules(folder + name, ending) { folders.insert(parent + name + ".") }
                } else if name.hasSuffix(ending), isModuleName(name.dropLast(ending.count)) {
                    modules.insert(parent + name.dropLast(ending.count))
                }
            }
        }
        return modules.sorted().map { .init($0, type: "module") } + folders.sorted().map { .init($0, type: "folder") }
    }
    /// A dot would be a folder's end.
    private static func isModuleName(_ name: some StringProtocol) -> Bool { !name.isEmpty && !name.contains(".") }
    private static func hasModules(_ folder: String, _ ending: String, depth: Int = 0) -> Bool {
        let names = ((try? Files.list(folder)) ?? []).filter { !$0.hasPrefix(".") }
        if names.contains(where: { $0.hasSuffix(ending) && (depth > 0 || $0 != "init" + ending) }) { return true }
        return depth < 2
            && names.contains { name in
                isModuleName(name) && Files.isFolder(Path.join(folder, name))
                    && hasModules(Path.join(folder, name), ending, depth: depth + 1)
            }
    }
}
