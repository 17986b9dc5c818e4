import Base
import Glibc
import TestSupport
import Testing

@testable import Shell

/// Editors here are shell scripts that do what a person would.
@Suite struct TextEditorTests {
    let folder: String
    init() throws { folder = try Scratch.folder("editor") }

    private func editor(_ script: String) throws -> TextEditor {
        let path = Path.join(folder, "editor.sh"), texts = Path.join(folder, "texts")
        try AtomicFile.write("#!/bin/sh\n" + script, to: path)
        chmod(path, 0o755)
        try Files.makeFolder(texts)
        return TextEditor(command: path, folder: texts)
    }
    private func left(_ editor: TextEditor) throws -> [String] { try Files.list(editor.folder) }

    @Test func `what was saved is taken, without returns that were not there, and nothing is left`() throws {
        let editor = try editor("sed -i 's/one/uno\\r/; $a two' \"$1\"")
        #expect(try editor.edit("one\n", named: "a b") { $0 } == "uno\ntwo\n")
        #expect(try editor.edit("one\r\n", named: "ab") { $0 } == "uno\r\r\ntwo\n")
        #expect(try left(editor) == [])
    }
    @Test func `the text can be read by its user alone, and lies behind no link that was put there`() throws {
        let editor = try editor("stat -c '%a %F' \"$1\" > \"$1.new\"; mv \"$1.new\" \"$1\"")
        let victim = Path.join(folder, "victim")
        try AtomicFile.write("mine", to: victim)
        let before = umask(0)
        defer { umask(before) }
        // The names that could be guessed.
        for name in ["ltxsh-\(getpid())-captions.txt", "ltxsh-captions.txt", "captions.txt"] {
            symlink(victim, Path.join(editor.folder, name))
        }
        #expect(try editor.edit("secret", named: "captions") { $0 } == "600 regular file\n")
        #expect(try Files.text(victim) == "mine")
        #expect(try left(editor).count == 3)
    }
    @Test func `a text that cannot be taken is kept and named`() throws {
        let editor = try editor("echo typed > \"$1\"")
        let error = #expect(throws: EditorError.self) {
            try editor.edit("x", named: "a") { _ in throw Cancelled("no") }
        }
        let kept = try #require(error?.path)
        #expect(error?.kind == "cancelled" && error?.description == "no; your text is kept in '\(kept)'")
        #expect(try Files.text(kept) == "typed\n")
    }
    @Test func `an editor that fails or is not there changes nothing`() throws {
        let failing = try editor("echo typed > \"$1\"; exit 3")
        let error = #expect(throws: EditorError.self) { try failing.edit("x", named: "a") { $0 } }
        #expect(error?.description.contains("ended with status 3") == true)
        let absent = TextEditor(command: "no-such-editor", folder: failing.folder)
        let missing = #expect(throws: EditorError.self) { try absent.edit("x", named: "a") { $0 } }
        #expect(missing?.description.contains("was not found") == true && missing?.kind == "editor.failed")
        #expect(try left(failing) == [])
        let nowhere = TextEditor(command: "true", folder: Path.join(folder, "nowhere"))
        #expect(throws: FileError.self) { try nowhere.edit("x", named: "a") { $0 } }
    }
    @Test func `a name as long as a clip's can be, and one with spaces and quotes`() throws {
        let editor = try editor("echo typed > \"$1\"")
        for name in [String(repeating: "雪", count: 80), "it's \"a\" $HOME; b"] {
            #expect(try editor.edit("x", named: name) { $0 } == "typed\n")
        }
    }
}
