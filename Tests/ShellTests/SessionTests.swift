import Base
import LuaKit
import TestSupport
import Testing
import Workbench

@testable import Shell

/// Two sessions of one process are as two shells.
@Suite struct SessionTests {
    @Test func `what one session has open another can read, and edits when the first has closed it`() throws {
        let folder = try Scratch.folder("sessions")
        for name in ["a.mp4", "b.mp4"] { try AtomicFile.write("", to: Path.join(folder, name)) }
        let one = try Interpreter(), other = try Interpreter()
        func run(_ interpreter: Interpreter, _ code: String) throws -> String {
            let lua = interpreter.lua
            try lua.setGlobal("folder", .string(folder))
            return try lua.run(code, name: "=test").map { try lua.text(of: $0) }.joined(separator: " ")
        }
        let open = "ds = Dataset.open(folder) "
        #expect(
            try run(one, open + "ds[1].caption = 'one' return ds.locked_by, Dataset.open(folder) == ds") == "nil true")
        #expect(try run(other, open + "return ds.locked_by:match('being edited') ~= nil") == "true")
        #expect(throws: LuaFailure.self) { try run(other, "ds[1].caption = 'other'") }
        #expect(one.session.datasets.closeAll() == [])
        #expect(
            try run(other, open + "local was = ds[1].caption ds[1].caption = 'other' return was, ds.locked_by")
                == "one nil")
        #expect(other.session.datasets.closeAll() == [])
        #expect(try run(one, open + "return ds[1].caption") == "other")
    }
    @Test func `each has its own device`() throws {
        let one = Session(), other = Session()
        one.device.name = "no-such-device"
        #expect(throws: (any Error).self) { try one.device.chosen() }
        #expect(try other.device.chosen("cpu").description == "cpu")
        #expect(other.device.name == "auto")
    }
}
