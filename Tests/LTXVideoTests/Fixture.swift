import Base
import Glibc
import TestSupport
import Testing

/// Files under Tests/Fixtures, whatever folder the tests are started from.
enum Fixture {
    static func path(_ name: String) -> String {
        Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/" + name)
    }

    /// A copy of a folder that a test may damage.
    final class Copy {
        let path = Scratch.path("fixture")

        init(_ name: String) throws {
            try Files.makeFolder(path)
            for file in try Files.list(Fixture.path(name)) {
                try AtomicFile.write(Files.read(Fixture.path("\(name)/\(file)")), to: Path.join(path, file))
            }
        }
    }
}
