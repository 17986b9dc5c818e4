import Foundations
import Glibc
import Testing

/// Files under Tests/Fixtures, whatever folder the tests are started from.
enum Fixture {
    static func path(_ name: String) -> String {
        Path.join(Path.folder(Path.folder(Path.folder(#filePath))), "Tests/Fixtures/" + name)
    }

    /// A copy of a folder that a test may damage; removed when it goes.
    final class Copy {
        let path = "/tmp/ltxsh-fixture-\(UInt64.random(in: 0 ... .max))"

        init(_ name: String) throws {
            try Files.makeFolder(path)
            for file in try Files.list(Fixture.path(name)) {
                try AtomicFile.write(Files.read(Fixture.path("\(name)/\(file)")), to: Path.join(path, file))
            }
        }
        deinit {
            for file in (try? Files.list(path)) ?? [] { unlink(Path.join(path, file)) }
            rmdir(path)
        }
    }
}
