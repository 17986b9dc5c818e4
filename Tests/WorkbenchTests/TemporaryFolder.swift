import Base
import Glibc
import TestSupport

@testable import Workbench

/// A folder for one test, removed with it.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = try Scratch.folder("dataset")
    }
    deinit { Scratch.remove(path) }

    subscript(_ name: String) -> String { Path.join(path, name) }

    func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }
    func write(_ bytes: [UInt8], to name: String) throws {
        try Files.makeFolder(Path.folder(self[name]))
        try AtomicFile.write(bytes, to: self[name])
    }
    func text(_ name: String) throws -> String { try Files.text(self[name]) }
    /// Files with a video's name and nothing in them: opening must not look inside.
    func touch(_ names: String...) throws { for name in names { try write("", to: name) } }
    func names(_ folder: String = "") throws -> [String] { try Files.list(folder.isEmpty ? path : self[folder]) }
}
