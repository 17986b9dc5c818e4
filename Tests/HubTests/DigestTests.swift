import Base
import TestSupport
import Testing

@testable import Hub

@Suite struct DigestTests {
    // By sha256sum and git hash-object.
    @Test(arguments: [
        (
            "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
        ),
        (
            "hello\n", "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
            "ce013625030ba8dba906f756967f9e9ca394464a"
        ),
    ])
    func `sums are those of sha256sum and of git`(text: String, sha256: String, git: String) throws {
        #expect(ContentHash.sha256(of: Array(text.utf8)) == .sha256(sha256))
        #expect(ContentHash.git(of: Array(text.utf8)) == .git(git))
        let path = Scratch.path("sum")
        try AtomicFile.write(text, to: path)
        #expect(try ContentHash.sha256(file: path) == .sha256(sha256))
        #expect(try ContentHash.git("").actual(path) == .git(git))
    }
    @Test func `pieces of any size give the same sum`() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) },
            whole = ContentHash.sha256(of: bytes).description
        #expect(whole == "89f4ff56a25dd1db06a4ce6033603775d705fb96f30f8693733fef602a1ca532")
        for size in [1, 7, 63, 64, 65, 127, 999] {
            var digest = ContentHash.sha256("").digest(size: 0)
            for start in stride(from: 0, to: bytes.count, by: size) {
                Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { digest.add($0) }
            }
            #expect(digest.text == whole)
        }
    }
    @Test func `an ETag's quotes and mark of weakness are no part of a sum`() {
        let git = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
        for text in [git, "\"\(git)\"", "W/\"\(git)\"", git.uppercased()] { #expect(ContentHash(text) == .git(git)) }
        for text in ["", "abc", "W/", "\"\(git)x\"", String(repeating: "g", count: 40)] {
            #expect(ContentHash(text) == nil)
        }
    }
}
