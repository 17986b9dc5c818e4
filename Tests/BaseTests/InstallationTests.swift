import Glibc
import TestSupport
import Testing

@testable import Base

@Suite struct InstallationTests {
    private func make(_ root: String, _ folders: String...) throws {
        for folder in folders { try Files.makeFolder(Path.join(root, folder)) }
    }

    @Test func `a program finds its files in its repository, after installing, and nowhere else`() throws {
        let root = try Scratch.folder("installation")
        try make(
            root, "here/.build/x86_64/release", "here/configs", "there/lib/ltxsh", "there/share/ltxsh/configs", "lone")
        try AtomicFile.write("", to: Path.join(root, "here/Package.swift"))
        #expect(Installation.share(of: "\(root)/here/.build/x86_64/release/ltxsh") == "\(root)/here")
        #expect(Installation.share(of: "\(root)/there/lib/ltxsh/ltxsh") == "\(root)/there/share/ltxsh")
        #expect(Installation.share(of: "\(root)/lone/ltxsh") == nil)
    }
    @Test func `a path stands for itself unless the program alone has such a file`() throws {
        let share = try #require(Installation.share)
        #expect(Files.exists(Path.join(share, "Package.swift")))
        let folder = try Scratch.folder("elsewhere")
        // Absolute paths and names of other folders are left alone.
        for path in [
            "/configs/tiny.yaml", "tiny.yaml", "train_date/x", "configs/none.yaml", "\(folder)/configs/tiny.yaml",
        ] {
            #expect(Installation.path(path) == path)
        }
    }
}
