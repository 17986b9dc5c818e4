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

/// Notes that work sends to the person.
final class Notes: Sendable {
    let monitor: Monitor
    private let box: Box
    private final class Box: @unchecked Sendable { var texts: [String] = [] }  // one thread a test

    init() {
        let box = Box()
        self.box = box
        monitor = Monitor(receive: { event in if case .note(let text) = event { box.texts.append(text) } })
    }
    var texts: [String] { box.texts }
}
